//! MDLs: descriptions of the pages of a buffer, which a driver can lock and map.

mod buffers;
mod layout;
mod lists;
mod locked_mdl;
mod locked_pages;

use crate::exports::Export;
pub use layout::Mdl;
pub use locked_mdl::allocate_locked;

/// The exports for MDLs.
pub(super) fn exports() -> Vec<Export> {
    [buffers::exports(), lists::exports()].concat()
}
