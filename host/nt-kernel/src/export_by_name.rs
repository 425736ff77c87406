//! Calls of exports by their names, as a driver makes them; for tests.

/// Calls an export: `nt!(KeFoo(address => usize) -> ())`.
macro_rules! nt {
    ($name:ident($($value:expr => $type:ty),* $(,)?) -> $result:ty) => {{
        type Function = unsafe extern "win64" fn($($type),*) -> $result;
        let address = $crate::export_by_name::find(stringify!($name));
        let function = std::ptr::with_exposed_provenance::<()>(address);
        // SAFETY: an export of this prototype.
        let function = unsafe { std::mem::transmute::<*const (), Function>(function) };
        // SAFETY: called as the test says.
        unsafe { function($($value),*) }
    }};
}
pub(crate) use nt;

use crate::pool;

/// The address of an export.
pub(crate) fn find(name: &str) -> usize {
    let all = crate::exports();
    let found = all.iter().find(|export| export.name == name);
    found.unwrap_or_else(|| panic!("no export {name}")).address
}

/// The pool tag of the tests.
pub(crate) const TAG: u32 = u32::from_le_bytes(*b"Test");

/// A nonpaged block for an object of so many bytes.
pub(crate) fn storage(size: usize) -> usize {
    let block = pool::allocate(true, size, TAG).expect("memory");
    block.expose_provenance().get()
}

/// Frees it.
pub(crate) fn free(block: usize) {
    pool::free(block, Some(TAG));
}
