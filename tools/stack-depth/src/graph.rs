//! The deepest path through the calls of an image to each call that leaves it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, bail};

use crate::calls::CallSite;
use crate::functions::Functions;
use crate::names::Names;
use crate::target::CallTarget;

/// Size of a return address.
const RETURN_ADDRESS: u32 = 8;

/// What a call that leaves the image reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// An import, as `MODULE!Function`.
    Import(String),
    /// The entry of the framework's function table with this index; `None` if it is computed.
    Framework(Option<u32>),
}

/// The deepest path to a boundary.
#[derive(Clone, Debug)]
pub struct DeepPath {
    /// What it reaches.
    pub boundary: Boundary,
    /// Bytes from the return address of the first function to that of the last call, both included.
    pub depth: u32,
    /// The functions on the path, the first one first, each with the bytes of its frame and the
    /// return address of what it calls.
    pub path: Vec<(String, u32)>,
}

impl fmt::Display for DeepPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{} bytes at {}", self.depth, self.boundary)?;
        self.path
            .iter()
            .try_for_each(|(function, bytes)| writeln!(formatter, "{bytes:6}  {function}"))
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(name) => formatter.write_str(name),
            Self::Framework(Some(entry)) => write!(formatter, "framework function {entry}"),
            Self::Framework(None) => formatter.write_str("a framework function"),
        }
    }
}

/// The deepest way from the return address of a function to a boundary.
#[derive(Clone, Copy, Debug)]
struct Depth {
    bytes: u32,
    /// The function that is called next on the way.
    next: Option<u32>,
}

pub(crate) fn deepest_paths(
    functions: &Functions,
    names: &Names,
    callbacks: &[&str],
) -> Result<Vec<DeepPath>> {
    let mut search = Search {
        functions,
        names,
        pointed_to: pointed_to(functions, names, callbacks)?,
        depths: BTreeMap::new(),
        path: Vec::new(),
    };
    for begin in functions.by_begin.keys() {
        search.visit(*begin)?;
    }
    let mut paths = search.deepest();
    paths.sort_by(|one, other| {
        other
            .depth
            .cmp(&one.depth)
            .then(one.boundary.cmp(&other.boundary))
    });
    Ok(paths)
}

/// The functions that an indirect call inside the image may reach.
fn pointed_to(functions: &Functions, names: &Names, callbacks: &[&str]) -> Result<Vec<u32>> {
    let mut unused = callbacks.to_vec();
    let mut pointed_to = Vec::new();
    for begin in &functions.address_taken {
        let name = names.function(*begin);
        let is_callback = callbacks.iter().any(|callback| name.contains(callback));
        unused.retain(|callback| !name.contains(callback));
        if !is_callback {
            pointed_to.push(*begin);
        }
    }
    if unused.is_empty() {
        Ok(pointed_to)
    } else {
        bail!("no function whose address is taken is named {unused:?}")
    }
}

struct Search<'a> {
    functions: &'a Functions,
    names: &'a Names,
    pointed_to: Vec<u32>,
    /// The depths of the functions that are done.
    depths: BTreeMap<u32, BTreeMap<Boundary, Depth>>,
    /// The functions that are being visited.
    path: Vec<u32>,
}

impl Search<'_> {
    fn visit(&mut self, begin: u32) -> Result<()> {
        if self.depths.contains_key(&begin) {
            return Ok(());
        }
        if let Some(first) = self.path.iter().position(|visited| *visited == begin) {
            let cycle: Vec<_> = self.path[first..]
                .iter()
                .map(|at| self.names.function(*at))
                .collect();
            bail!("recursion: {} → again", cycle.join(" → "));
        }
        self.path.push(begin);
        let mut depths = BTreeMap::new();
        let function = self.functions.by_begin.get(&begin);
        for call in function.map_or(&[][..], |function| &function.calls) {
            let taken = stack_of(function.map_or(0, |function| function.frame), call);
            let to = match &call.target {
                CallTarget::Function(to) => vec![*to],
                CallTarget::Unknown => self.pointed_to.clone(),
                CallTarget::Import(name) => {
                    deepen(&mut depths, Boundary::Import(name.clone()), taken, None);
                    continue;
                }
                CallTarget::Framework(entry) => {
                    deepen(&mut depths, Boundary::Framework(*entry), taken, None);
                    continue;
                }
            };
            for to in to {
                self.visit(to)?;
                for (boundary, depth) in self.depths.get(&to).into_iter().flatten() {
                    deepen(&mut depths, boundary.clone(), taken + depth.bytes, Some(to));
                }
            }
        }
        self.path.pop();
        self.depths.insert(begin, depths);
        Ok(())
    }

    /// The deepest path to each boundary, over all functions.
    fn deepest(&self) -> Vec<DeepPath> {
        let mut deepest: BTreeMap<&Boundary, (u32, u32)> = BTreeMap::new();
        for (begin, depths) in &self.depths {
            for (boundary, depth) in depths {
                let best = deepest.entry(boundary).or_default();
                *best = (*best).max((depth.bytes, *begin));
            }
        }
        deepest
            .into_iter()
            .map(|(boundary, (bytes, begin))| DeepPath {
                boundary: boundary.clone(),
                depth: bytes + RETURN_ADDRESS,
                path: self.path_to(boundary, begin),
            })
            .collect()
    }

    fn path_to(&self, boundary: &Boundary, begin: u32) -> Vec<(String, u32)> {
        let mut path = Vec::new();
        let mut next = Some(begin);
        while let Some(begin) = next {
            let depth = |begin: u32| self.depths.get(&begin).and_then(|all| all.get(boundary));
            let Some(here) = depth(begin) else {
                break;
            };
            next = here.next;
            let below = next.and_then(depth).map_or(0, |below| below.bytes);
            path.push((self.names.function(begin), here.bytes - below));
        }
        path
    }
}

/// What a function and the return address of its call take.
const fn stack_of(frame: u32, call: &CallSite) -> u32 {
    if call.is_tail {
        0
    } else {
        frame + RETURN_ADDRESS
    }
}

fn deepen(depths: &mut BTreeMap<Boundary, Depth>, to: Boundary, bytes: u32, next: Option<u32>) {
    let depth = depths.entry(to).or_insert(Depth { bytes, next });
    if bytes > depth.bytes {
        *depth = Depth { bytes, next };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::FunctionCode;

    fn call(target: CallTarget) -> CallSite {
        let is_tail = false;
        CallSite { target, is_tail }
    }

    fn import() -> CallSite {
        call(CallTarget::Import("A.SYS!f".to_owned()))
    }

    fn functions(all: Vec<(u32, u32, Vec<CallSite>)>) -> Functions {
        let all = all
            .into_iter()
            .map(|(begin, frame, calls)| (begin, FunctionCode { frame, calls }));
        Functions {
            by_begin: all.collect(),
            ..Functions::default()
        }
    }

    fn names() -> Names {
        Names::of(&[(1, "first"), (2, "second"), (3, "third")])
    }

    #[test]
    fn frames_and_return_addresses_add_up() {
        let all = functions(vec![
            (1, 100, vec![call(CallTarget::Function(2))]),
            (2, 50, vec![import()]),
        ]);
        let paths = deepest_paths(&all, &names(), &[]).unwrap();
        let [path] = &paths[..] else {
            panic!("{paths:?}")
        };
        assert_eq!(path.depth, 8 + (100 + 8) + (50 + 8));
        let expected = [("first".to_owned(), 108), ("second".to_owned(), 58)];
        assert_eq!(path.path, expected);
    }

    #[test]
    fn a_jump_to_a_function_leaves_no_frame() {
        let mut jump = call(CallTarget::Function(2));
        jump.is_tail = true;
        let all = functions(vec![(1, 100, vec![jump]), (2, 50, vec![import()])]);
        let paths = deepest_paths(&all, &names(), &[]).unwrap();
        assert_eq!(paths[0].depth, 8 + 50 + 8);
    }

    #[test]
    fn recursion_is_an_error_that_names_the_cycle() {
        let all = functions(vec![
            (1, 0, vec![call(CallTarget::Function(2))]),
            (2, 0, vec![call(CallTarget::Function(3))]),
            (3, 0, vec![call(CallTarget::Function(2))]),
        ]);
        let error = deepest_paths(&all, &names(), &[]).unwrap_err().to_string();
        assert_eq!(error, "recursion: second → third → again");
    }

    #[test]
    fn an_indirect_call_reaches_every_pointer_but_callbacks() {
        let mut all = functions(vec![
            (1, 100, vec![call(CallTarget::Unknown)]),
            (2, 50, vec![import()]),
            (3, 70, vec![import()]),
        ]);
        all.address_taken.extend([2, 3]);
        let depth = |callbacks| deepest_paths(&all, &names(), callbacks).unwrap()[0].depth;
        assert_eq!(depth(&[]), 8 + 108 + 78);
        assert_eq!(depth(&["third"]), 8 + 108 + 58);
        assert!(deepest_paths(&all, &names(), &["fourth"]).is_err());
    }
}
