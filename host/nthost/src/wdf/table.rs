//! The function table: 458 places, each with a function or a trap that knows its name.

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
    let mut table: Vec<usize> = (0..COUNT).map(trap_for).collect();
    for function in implemented() {
        table[function.index] = function.address;
    }
    table.into_boxed_slice()
}

fn trap_for(index: usize) -> usize {
    let known = names::NAMES.iter().find(|(known, _)| *known == index);
    let name = known.map_or("of no name that this host knows", |(_, name)| *name);
    unimplemented::function(format!("KMDF function {name} (index {index})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_is_at_the_index_of_its_name() {
        for function in implemented() {
            let name = names::NAMES.iter().find(|(_, name)| *name == function.name);
            let index = name.map(|(index, _)| *index);
            assert_eq!(index, Some(function.index), "{}", function.name);
        }
    }

    #[test]
    fn no_place_is_taken_twice_or_left_empty() {
        let mut indices: Vec<_> = implemented().iter().map(|known| known.index).collect();
        let count = indices.len();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), count);
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
