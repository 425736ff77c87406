// error[E0423]
//! The proof cannot be made up: only `PassiveLevel::prove` makes one, after looking at the level.

use core::marker::PhantomData;

use crate::wdf::PassiveLevel;

fn claim() -> PassiveLevel {
    PassiveLevel(PhantomData)
}
