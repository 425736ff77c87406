//! Whether to read the whole route table, or each of some routes.

/// What is known of the size of the route table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteTableSize {
    /// Number of its rows when it was read last; 0 before the first time.
    rows: u32,
    /// The fewest routes for which it is read.
    routes_min: u32,
}

/// The whole table is read if it has at most so many rows for each route that is wanted. A row that is not
/// wanted costs the driver about 85 instructions.
const ROWS_PER_ROUTE: u32 = 2;

impl Default for RouteTableSize {
    fn default() -> Self {
        Self::with_routes_min(64)
    }
}

impl RouteTableSize {
    /// Nothing is known yet of a table that is read for so many routes or more.
    pub(crate) const fn with_routes_min(routes_min: u32) -> Self {
        Self {
            rows: 0,
            routes_min,
        }
    }

    /// The table has been read, and has so many rows.
    pub(crate) fn observe(&mut self, rows: usize) {
        self.rows = u32::try_from(rows).unwrap_or(u32::MAX);
    }

    /// Whether it costs less to read the table than so many routes. A table that has become larger since
    /// it was read is found out when it is read again; one that has become smaller is read no more.
    pub(crate) const fn is_worth_reading(self, routes: u32) -> bool {
        routes >= self.routes_min && self.rows <= routes.saturating_mul(ROWS_PER_ROUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_for_enough_routes_of_it() {
        let mut size = RouteTableSize::default();
        assert!(size.is_worth_reading(64) && !size.is_worth_reading(63));
        size.observe(200);
        assert!(size.is_worth_reading(100) && !size.is_worth_reading(99));
        size.observe(usize::MAX);
        assert!(!size.is_worth_reading(u32::MAX / 3));
    }
}
