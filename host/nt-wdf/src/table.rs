//! The function table: 458 places, each with a function or a trap that knows its name.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::functions::Function;
use super::{
    collection, context, control, device, device_init, dispatching, dpc, driver, file, general,
    interface, io_target, key, lookaside, memory, miniport, names, pnp, preprocess, queue, request,
    settings, spin_lock, string, sync, text_values, timer, values, verifier, wait_lock, work_item,
};
use crate::kernel::unimplemented;

/// How many functions version 1.31 has.
pub(super) const COUNT: usize = 458;
/// The same, as drivers count.
pub(super) const COUNT_U32: u32 = 458;

static TABLE: LazyLock<Box<[usize]>> = LazyLock::new(build);

/// The table's address; the table is never written again.
pub(super) fn address() -> *const usize {
    TABLE.as_ptr()
}

/// Everything that is implemented.
pub(super) fn implemented() -> Vec<Function> {
    [
        collection::functions(),
        context::functions(),
        control::functions(),
        device::functions(),
        device_init::functions(),
        dispatching::functions(),
        dpc::functions(),
        driver::functions(),
        file::functions(),
        general::functions(),
        interface::functions(),
        io_target::functions(),
        key::functions(),
        lookaside::functions(),
        memory::functions(),
        miniport::functions(),
        pnp::functions(),
        preprocess::functions(),
        queue::functions(),
        request::functions(),
        settings::functions(),
        spin_lock::functions(),
        string::functions(),
        sync::functions(),
        text_values::functions(),
        timer::functions(),
        values::functions(),
        verifier::functions(),
        wait_lock::functions(),
        work_item::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn build() -> Box<[usize]> {
    let names: HashMap<_, _> = names::names().collect();
    let implemented: HashMap<_, _> = implemented()
        .into_iter()
        .map(|function| (function.name, function.address))
        .collect();
    (0..COUNT)
        .map(|index| match names.get(&index) {
            Some(name) => implemented
                .get(name)
                .copied()
                .unwrap_or_else(|| missing(index, name)),
            None => missing(index, "of no name that this host knows"),
        })
        .collect()
}

/// A stub for a function that the host does not implement.
fn missing(index: usize, name: &str) -> usize {
    unimplemented::function(format!("KMDF function {name} (index {index})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_implemented_function_is_in_the_list() {
        for function in implemented() {
            let name = names::names().find(|(_, name)| *name == function.name);
            let place = name.map(|(index, _)| TABLE[index]);
            assert_eq!(place, Some(function.address), "{}", function.name);
        }
    }

    #[test]
    fn no_function_is_implemented_twice_and_no_place_is_empty() {
        let mut names: Vec<_> = implemented().iter().map(|known| known.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert!(TABLE.iter().all(|address| *address != 0));
    }

    #[test]
    fn what_is_missing_has_its_name() {
        let address = TABLE[444];
        let name = unimplemented::name_of(address).unwrap();
        assert_eq!(
            name,
            "KMDF function WdfDmaTransactionSetSingleTransferRequirement (index 444)"
        );
    }
}
