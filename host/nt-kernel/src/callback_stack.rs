//! The driver's callbacks that each thread is in, and the export of each from which the next was
//! called.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::export_call::ExportCall;
use crate::processor_block;

/// A callback that a thread has entered.
struct Entered {
    name: Cow<'static, str>,
    /// The call of an export in which the driver was called back.
    during: ExportCall,
}

thread_local! {
    /// The outermost callback first.
    static CALLBACKS: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// The callbacks of this thread, the innermost first; empty outside the driver.
pub(super) fn names() -> Vec<String> {
    CALLBACKS.with_borrow(|callbacks| {
        let names = callbacks
            .iter()
            .rev()
            .map(|entered| entered.name.to_string());
        names.collect()
    })
}

/// This thread enters a callback, in which the driver has called no export yet.
pub(super) fn push(name: Cow<'static, str>) {
    processor_block::prepare_thread();
    let during = processor_block::replace_call(ExportCall::default());
    CALLBACKS.with_borrow_mut(|callbacks| callbacks.push(Entered { name, during }));
}

/// This thread returns from the innermost callback.
pub(super) fn pop() {
    if let Some(entered) = CALLBACKS.with_borrow_mut(Vec::pop) {
        processor_block::replace_call(entered.during);
    }
}

/// The calls of exports in which the driver was called back, the innermost first.
pub(super) fn export_calls() -> Vec<ExportCall> {
    CALLBACKS.with_borrow(|callbacks| {
        let calls = callbacks.iter().rev().map(|entered| entered.during);
        calls
            .filter(|call| *call != ExportCall::default())
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(slot: usize) -> ExportCall {
        ExportCall {
            slot,
            ..ExportCall::default()
        }
    }

    #[test]
    fn each_callback_has_the_export_that_called_it() {
        push("outer".into());
        processor_block::replace_call(call(8));
        push("inner".into());
        assert_eq!(processor_block::last_call(), ExportCall::default());
        processor_block::replace_call(call(4));
        assert_eq!(export_calls(), [call(8)]);
        assert_eq!(names(), ["inner", "outer"]);
        pop();
        assert_eq!(processor_block::last_call(), call(8));
        pop();
        assert_eq!(processor_block::last_call(), ExportCall::default());
    }
}
