//! The function table: 458 places, each with a function or a trap that knows its name.

use std::collections::HashMap;
use std::sync::LazyLock;

use nt_kernel::{driver_image, export_thunk, unimplemented};

use crate::function_entry::Function;
use crate::{
    collection, control, device_creation, device_init, device_property, dispatching, dpc, driver,
    file, interface, io_target, lookaside, memory, miniport, noop_device_calls, object_api,
    object_context, object_lock, pnp, preprocess, query_interface, queue, registry, remote_target,
    request_api, resource_list, spin_lock, string, timer, verifier, wait_lock, work_item,
};

/// The one list of functions: a line holds an index and a name, `#` begins a comment.
const LIST: &str = include_str!("function_list.txt");

/// Index and name of every function with a name, by index.
pub(crate) fn names() -> impl Iterator<Item = (usize, &'static str)> {
    LIST.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(index, name)| Some((index.parse().ok()?, name)))
}

/// How many functions version 1.31 has.
pub(crate) const COUNT: usize = 458;
/// The same, as drivers count.
pub(crate) const COUNT_U32: u32 = 458;

static TABLE: LazyLock<Box<[usize]>> = LazyLock::new(build);
static RECORDED: LazyLock<Box<[usize]>> = LazyLock::new(record);

/// The table's address; the table is never written again. An image gets the one whose functions
/// record each call.
pub(crate) fn address() -> *const usize {
    if driver_image::any_loaded() {
        RECORDED.as_ptr()
    } else {
        TABLE.as_ptr()
    }
}

/// Everything that is implemented.
pub(crate) fn implemented() -> Vec<Function> {
    [
        collection::functions(),
        control::functions(),
        device_creation::functions(),
        device_init::functions(),
        device_property::functions(),
        dispatching::functions(),
        dpc::functions(),
        driver::functions(),
        file::functions(),
        interface::functions(),
        io_target::functions(),
        lookaside::functions(),
        memory::functions(),
        miniport::functions(),
        noop_device_calls::functions(),
        object_api::functions(),
        object_context::functions(),
        object_lock::functions(),
        pnp::functions(),
        preprocess::functions(),
        query_interface::functions(),
        queue::functions(),
        registry::functions(),
        remote_target::functions(),
        request_api::functions(),
        resource_list::functions(),
        spin_lock::functions(),
        string::functions(),
        timer::functions(),
        verifier::functions(),
        wait_lock::functions(),
        work_item::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn build() -> Box<[usize]> {
    let names: HashMap<_, _> = names().collect();
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

/// The table, with thunks that record each call.
fn record() -> Box<[usize]> {
    let names: HashMap<_, _> = names().collect();
    let targets = TABLE.iter().enumerate().map(|(index, address)| {
        let name = names.get(&index).copied();
        let name = name.map_or_else(|| format!("KMDF function {index}"), str::to_owned);
        (name, *address)
    });
    export_thunk::record_calls(targets.collect()).into()
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
            let name = names().find(|(_, name)| *name == function.name);
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

    #[test]
    fn every_line_of_the_list_is_an_index_and_a_name() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(names().count(), lines.count());
    }

    #[test]
    fn indices_rise_and_names_are_unique() {
        assert!(names().map(|(index, _)| index).is_sorted_by(|a, b| a < b));
        let mut known: Vec<_> = names().map(|(_, name)| name).collect();
        known.sort_unstable();
        assert!(known.is_sorted_by(|a, b| a < b));
    }
}
