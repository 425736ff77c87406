//! The rows of an answer.

use std::marker::PhantomData;

use zerocopy::FromBytes;

/// The rows of an answer as they came: those of a batch are not copied before they are used.
pub(crate) struct RowBytes<'a, Row> {
    bytes: &'a [u8],
    row: PhantomData<Row>,
}

impl<'a, Row: FromBytes> RowBytes<'a, Row> {
    /// The whole rows in the bytes.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            row: PhantomData,
        }
    }

    /// Each row.
    pub(crate) fn read(&self) -> impl Iterator<Item = Row> {
        let each = self.bytes.chunks_exact(size_of::<Row>().max(1));
        each.filter_map(|bytes| Row::read_from_bytes(bytes).ok())
    }

    /// Their number.
    pub(crate) fn count(&self) -> usize {
        self.bytes.len().checked_div(size_of::<Row>()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_whole_row_is_read() {
        let bytes = [1_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat();
        let rows = RowBytes::<u32>::new(&bytes);
        assert_eq!((rows.count(), rows.read().collect()), (2, vec![1, 2]));
    }

    #[test]
    fn an_operation_without_rows_has_none() {
        let rows = RowBytes::<()>::new(&[9; 4]);
        assert_eq!((rows.count(), rows.read().count()), (0, 0));
    }
}
