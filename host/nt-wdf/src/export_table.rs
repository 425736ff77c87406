//! The function table: 458 places, each with a function or a stub that knows its name.

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

/// Index and name of every function, by index.
pub(crate) fn names() -> impl Iterator<Item = (usize, &'static str)> {
    LIST.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(index, name)| Some((index.parse().ok()?, name)))
}

/// How many functions version 1.31 has.
pub(crate) const COUNT: u32 = 458;

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
    let implemented: HashMap<_, _> = implemented()
        .into_iter()
        .map(|function| (function.name, function.address))
        .collect();
    names()
        .map(|(index, name)| {
            let address = implemented.get(name).copied();
            address.unwrap_or_else(|| missing(index, name))
        })
        .collect()
}

/// The table, with thunks that record each call.
fn record() -> Box<[usize]> {
    let targets = names().zip(TABLE.iter());
    let targets = targets.map(|((_, name), address)| (name.to_owned(), *address));
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
        let implemented = implemented();
        for (index, name) in names() {
            if !implemented.iter().any(|known| known.name == name) {
                let words = format!("KMDF function {name} (index {index})");
                let stub = unimplemented::name_of(TABLE[index]);
                assert_eq!(stub.as_deref(), Some(words.as_str()));
            }
        }
    }

    #[test]
    fn every_line_of_the_list_is_an_index_and_a_name() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(names().count(), lines.count());
    }

    #[test]
    fn every_index_has_a_name_of_its_own() {
        assert!(names().map(|(index, _)| index).eq(0..COUNT as usize));
        let mut known: Vec<_> = names().map(|(_, name)| name).collect();
        known.sort_unstable();
        assert!(known.is_sorted_by(|a, b| a < b));
    }
}
