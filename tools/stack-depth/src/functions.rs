//! The functions of an image: their frames and their calls.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use crate::calls::{self, CallSite};
use crate::image::{ImageBytes, RuntimeFunction};
use crate::names::Names;
use crate::target::CallTarget;
use crate::unwind;

/// One function.
#[derive(Debug, Default)]
pub(crate) struct FunctionCode {
    /// Bytes that it takes below its return address.
    pub(crate) frame: u32,
    pub(crate) calls: Vec<CallSite>,
}

/// All functions of an image.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub(crate) by_begin: BTreeMap<u32, FunctionCode>,
    /// Functions whose address is taken, so that an indirect call may reach them.
    pub(crate) address_taken: BTreeSet<u32>,
}

pub(crate) fn read(image: &ImageBytes, names: &Names) -> Result<Functions> {
    let mut all = Functions::default();
    let mut taken = image.code_pointers.clone();
    for entry in &image.functions {
        let (begin, frame, prologue) = frame(image, *entry)?;
        let code = calls::read(image, names, entry.begin..entry.end)?;
        if let Some(at) = code.sized_at_run_time
            && (begin != entry.begin || at >= entry.begin + prologue)
        {
            bail!(
                "{}: takes stack of unknown size at {at:#x}",
                names.function(begin)
            );
        }
        let function = all.by_begin.entry(begin).or_default();
        // The parts of a chain may be on the stack together.
        function.frame += frame;
        function.calls.extend(code.calls);
        taken.extend(code.address_taken);
    }
    // Jumps between the parts of one function are no calls.
    let part_of = |offset: u32| {
        let inside = |entry: &&RuntimeFunction| (entry.begin..entry.end).contains(&offset);
        let entry = image.functions.iter().find(inside)?;
        frame(image, *entry).ok().map(|(begin, ..)| begin)
    };
    for (begin, function) in &mut all.by_begin {
        function.calls.retain(|call| match call.target {
            CallTarget::Function(to) => {
                !(call.is_tail && part_of(to) == Some(*begin) && to != *begin)
            }
            _ => true,
        });
    }
    let is_inside = |offset: &u32| {
        let mut entries = image.functions.iter();
        entries.any(|entry| entry.begin < *offset && *offset < entry.end)
    };
    // Code inside a function is the place that a `switch` jumps to.
    all.address_taken = taken
        .into_iter()
        .filter(|offset| !is_inside(offset))
        .collect();
    add_leaves(image, names, &mut all)?;
    Ok(all)
}

/// The begin of the function that an entry of the unwind table belongs to, the stack that the entry
/// takes, and the length of its prologue.
fn frame(image: &ImageBytes, entry: RuntimeFunction) -> Result<(u32, u32, u32)> {
    let own = unwind::read(image, entry.unwind)?;
    let mut begin = entry.begin;
    let mut next = own.continues;
    while let Some(first) = next {
        let of_first = image.functions.iter().find(|other| other.begin == first);
        let of_first = of_first.context("chained unwind data of an unknown function")?;
        begin = first;
        next = unwind::read(image, of_first.unwind)?.continues;
    }
    Ok((begin, own.size, own.prologue))
}

/// Adds the functions without unwind data: they take no stack, but may continue in another function.
fn add_leaves(image: &ImageBytes, names: &Names, all: &mut Functions) -> Result<()> {
    let mut roots = all.address_taken.clone();
    roots.insert(image.entry_point);
    let targets = |functions: &BTreeMap<u32, FunctionCode>| -> BTreeSet<u32> {
        let calls = functions.values().flat_map(|function| &function.calls);
        let to = calls.filter_map(|call| match call.target {
            CallTarget::Function(to) => Some(to),
            _ => None,
        });
        to.chain(roots.iter().copied())
            .filter(|to| !functions.contains_key(to))
            .collect()
    };
    loop {
        let unknown = targets(&all.by_begin);
        if unknown.is_empty() {
            return Ok(());
        }
        for begin in unknown {
            let calls = calls::read_leaf(image, names, begin)?;
            all.by_begin.insert(begin, FunctionCode { frame: 0, calls });
        }
    }
}
