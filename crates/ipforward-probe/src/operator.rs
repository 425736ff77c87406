//! What a program cannot do: pull a cable out, put the computer to sleep.

use std::io::{BufRead, Write};
use std::sync::Mutex;

use crate::scratch_interface::ScratchInterface;
use crate::unknown::Unknown;

/// A person or a test that handles the computer. Each method returns when it is done.
pub trait Operator {
    /// Takes the link of the interface down, or brings it up.
    ///
    /// # Errors
    ///
    /// Nothing can do that.
    fn set_link(&self, interface: &ScratchInterface, up: bool) -> Result<(), Unknown>;

    /// Puts the computer to sleep and wakes it.
    ///
    /// # Errors
    ///
    /// Nothing can do that.
    fn sleep(&self) -> Result<(), Unknown>;
}

/// There is no operator.
#[derive(Clone, Copy, Debug)]
pub struct NoOperator;

impl Operator for NoOperator {
    fn set_link(&self, _interface: &ScratchInterface, _up: bool) -> Result<(), Unknown> {
        Err(needs_operator())
    }

    fn sleep(&self) -> Result<(), Unknown> {
        Err(needs_operator())
    }
}

fn needs_operator() -> Unknown {
    Unknown::not_observable("needs an operator: --ask-operator")
}

/// Prints what to do, and waits for a line that says that it is done.
#[derive(Debug)]
pub struct PromptedOperator<R, W> {
    prompts: Mutex<(R, W)>,
}

impl<R: BufRead, W: Write> PromptedOperator<R, W> {
    /// Prompts go to `output`; each line of `input` is an answer.
    pub const fn new(input: R, output: W) -> Self {
        Self {
            prompts: Mutex::new((input, output)),
        }
    }

    fn ask(&self, what: &str) -> Result<(), Unknown> {
        let mut prompts = self
            .prompts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (input, output) = &mut *prompts;
        let asked = writeln!(output, "operator: {what}; then press Enter");
        let mut line = String::new();
        let answered = asked
            .and_then(|()| output.flush())
            .and_then(|()| input.read_line(&mut line));
        match answered {
            Ok(1..) => Ok(()),
            Ok(0) => Err(Unknown::not_observable("the operator is gone")),
            Err(error) => Err(Unknown::NotObservable(format!("no operator: {error}"))),
        }
    }
}

impl<R: BufRead, W: Write> Operator for PromptedOperator<R, W> {
    fn set_link(&self, interface: &ScratchInterface, up: bool) -> Result<(), Unknown> {
        let index = interface.index();
        if up {
            self.ask(&format!("plug the cable of interface {index} in again"))
        } else {
            self.ask(&format!("pull the cable of interface {index} out"))
        }
    }

    fn sleep(&self) -> Result<(), Unknown> {
        self.ask("put the computer to sleep, and wake it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_asked_and_answers_with_a_line() {
        let operator = PromptedOperator::new(&b"done\n"[..], Vec::new());
        assert_eq!(operator.sleep(), Ok(()));
        let gone = Unknown::not_observable("the operator is gone");
        let interface = ScratchInterface::new(1 << 48, 7, true);
        assert_eq!(operator.set_link(&interface, false), Err(gone));
        let (_, output) = operator.prompts.into_inner().unwrap();
        assert_eq!(
            String::from_utf8(output).unwrap(),
            "operator: put the computer to sleep, and wake it; then press Enter\n\
             operator: pull the cable of interface 7 out; then press Enter\n"
        );
    }
}
