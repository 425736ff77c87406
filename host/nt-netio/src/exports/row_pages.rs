//! The rows that a registration's callbacks receive, on pages that are inaccessible while no callback
//! runs: so a late access is found.
//!
//! The first rows of a registration are checked one by one: each is pageable, the page behind it is
//! inaccessible, and so is its own as soon as its callback returns. To take a page away Linux interrupts
//! the other processors, which can cost more than all other checks. So later rows that are called back
//! with one after the other share that: their pages are opened and taken away together, and only the
//! first of them is pageable and has an inaccessible page behind it.

use std::mem::ManuallyDrop;
use std::ops::Range;

use super::pages::{PAGE, Pages};

/// The number of rows that are checked one by one.
const ONE_BY_ONE: u32 = 4_096;

/// The number of pages, and so of rows that share a check at most.
const PAGES: usize = 16;

/// The pages of a registration. Nothing else ever has these addresses.
pub(super) struct RowPages {
    pages: ManuallyDrop<Pages>,
    /// The number of rows so far that were checked alone.
    alone: u32,
    /// The number of pages that were opened together, the first ones.
    opened: usize,
    /// The number of those for rows that follow: pages are used from the last to the first.
    unused: usize,
}

impl RowPages {
    /// Maps the pages, all of them inaccessible; `None` if there is no memory.
    pub(super) fn map() -> Option<Self> {
        let pages = Pages::map(PAGES * PAGE)?;
        pages.forbid(0..PAGES);
        Some(Self {
            pages: ManuallyDrop::new(pages),
            alone: 0,
            opened: 0,
            unused: 0,
        })
    }

    /// The addresses of the pages.
    pub(super) fn range(&self) -> Range<usize> {
        let start = self.pages.address();
        start..start + PAGES * PAGE
    }

    /// Places a row at the end of an accessible page, where it is until [`RowPages::withdraw`]; so many
    /// rows follow it at once.
    ///
    /// # Panics
    ///
    /// If the system has no memory.
    pub(super) fn place(&mut self, row: &[u8], following: usize) -> PlacedRow {
        let is_first = self.unused == 0;
        if is_first {
            self.open(following);
        }
        self.unused -= 1;
        let offset = (self.unused + 1) * PAGE - row.len();
        self.pages.write(offset, row);
        let start = self.pages.address();
        let page = start + self.unused * PAGE;
        PlacedRow {
            address: start + offset,
            pageable: is_first.then_some(page..page + PAGE),
        }
    }

    /// The callback of the row that was placed last has returned. `is_out`: its page is inaccessible already.
    pub(super) fn withdraw(&mut self, is_out: bool) {
        if self.unused == 0 && !is_out {
            self.pages.forbid(0..self.opened);
        }
    }

    fn open(&mut self, following: usize) {
        let is_alone = self.alone < ONE_BY_ONE;
        self.alone += u32::from(is_alone);
        self.opened = if is_alone {
            1
        } else {
            following.saturating_add(1).min(PAGES)
        };
        self.unused = self.opened;
        let is_open = self.pages.open(0..self.opened);
        assert!(is_open, "the pages of rows can be opened again");
    }
}

impl Drop for RowPages {
    fn drop(&mut self) {
        self.pages.forbid(0..self.opened);
    }
}

/// Where a row is.
pub(super) struct PlacedRow {
    pub(super) address: usize,
    /// Its page, if that may be paged out.
    pub(super) pageable: Option<Range<usize>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    impl RowPages {
        /// Places a row, with so many others behind it. Returns the pages that are accessible then, and
        /// whether the row is pageable.
        fn place_one(&mut self, following: usize) -> (Vec<usize>, bool) {
            let placed = self.place(&[1; 104], following);
            (accessible(&self.range()), placed.pageable.is_some())
        }
    }

    /// Which of these pages a driver can access, counted from 0.
    fn accessible(pages: &Range<usize>) -> Vec<usize> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mappings: Vec<_> = maps.lines().map(mapping).collect();
        let is_accessible = |address: usize| {
            let mut mappings = mappings.iter();
            let around = mappings.find(|(range, _)| range.contains(&address));
            around.is_some_and(|(_, is_accessible)| *is_accessible)
        };
        let starts = pages.clone().step_by(PAGE).enumerate();
        let accessible = starts.filter(|(_, start)| is_accessible(*start));
        accessible.map(|(page, _)| page).collect()
    }

    fn mapping(line: &str) -> (Range<usize>, bool) {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let number = |digits| usize::from_str_radix(digits, 16).unwrap();
        (number(start)..number(end), rest.starts_with("rw"))
    }

    #[test]
    fn a_row_ends_where_its_page_ends() {
        let mut pages = RowPages::map().unwrap();
        let placed = pages.place(&[1; 104], 0);
        assert_eq!(
            Some(placed.address + 104),
            placed.pageable.map(|page| page.end)
        );
        let row: *const [u8; 104] = std::ptr::with_exposed_provenance(placed.address);
        // SAFETY: the row, which no callback changes.
        assert_eq!(unsafe { row.read() }, [1; 104]);
    }

    #[test]
    fn the_first_rows_are_accessible_only_in_their_callbacks() {
        let mut pages = RowPages::map().unwrap();
        assert_eq!(accessible(&pages.range()), []);
        for following in (0..10).rev() {
            assert_eq!(pages.place_one(following), (vec![0], true));
            pages.withdraw(false);
            assert_eq!(accessible(&pages.range()), []);
        }
    }

    #[test]
    fn later_rows_are_taken_away_together_behind_the_last_callback() {
        let mut pages = RowPages::map().unwrap();
        pages.alone = ONE_BY_ONE;
        assert_eq!(pages.place_one(2), (vec![0, 1, 2], true));
        pages.withdraw(false);
        for following in [1, 0] {
            assert_eq!(pages.place_one(following), (vec![0, 1, 2], false));
            pages.withdraw(false);
        }
        assert_eq!(accessible(&pages.range()), []);
        assert_eq!(pages.place_one(0), (vec![0], true));
    }

    #[test]
    fn so_many_later_rows_are_opened_as_there_are_pages() {
        let mut pages = RowPages::map().unwrap();
        pages.alone = ONE_BY_ONE;
        for following in (PAGES..=2 * PAGES).rev() {
            pages.place_one(following);
            pages.withdraw(false);
        }
        assert_eq!(accessible(&pages.range()).len(), PAGES);
        let range = pages.range();
        drop(pages);
        assert_eq!(
            accessible(&range),
            [],
            "the registration ended between two rows"
        );
    }

    #[test]
    fn the_first_rows_are_so_many() {
        let mut pages = RowPages::map().unwrap();
        let alone = (0..).take_while(|_| {
            pages.place(&[1; 104], 1);
            let is_alone = pages.unused == 0;
            pages.withdraw(false);
            is_alone
        });
        assert_eq!(alone.count(), 4_096);
    }
}
