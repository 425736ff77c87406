//! The rows of an answer.

use std::marker::PhantomData;

use zerocopy::FromBytes;

/// The rows of an answer as they came: those of a batch are not copied before they are used.
pub(crate) struct RowBytes<Row> {
    answer: Vec<u8>,
    /// Length of the fixed part, which precedes the rows.
    fixed: usize,
    row: PhantomData<Row>,
}

impl<Row: FromBytes> RowBytes<Row> {
    /// The whole rows that follow the first `fixed` bytes of an answer.
    pub(crate) const fn behind(fixed: usize, answer: Vec<u8>) -> Self {
        Self {
            answer,
            fixed,
            row: PhantomData,
        }
    }

    /// Each row.
    pub(crate) fn read(&self) -> impl Iterator<Item = Row> {
        let rows = &self.answer[self.fixed..];
        let each = rows.chunks_exact(size_of::<Row>().max(1));
        each.filter_map(|bytes| Row::read_from_bytes(bytes).ok())
    }

    /// Their number.
    pub(crate) fn count(&self) -> usize {
        let bytes = self.answer.len() - self.fixed;
        bytes.checked_div(size_of::<Row>()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_follow_the_fixed_part() {
        let answer = [[9; 4], 1_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat();
        let rows = RowBytes::<u32>::behind(4, answer);
        assert_eq!((rows.count(), rows.read().collect()), (2, vec![1, 2]));
    }

    #[test]
    fn an_operation_without_rows_has_none() {
        let rows = RowBytes::<()>::behind(4, vec![9; 4]);
        assert_eq!((rows.count(), rows.read().count()), (0, 0));
    }
}
