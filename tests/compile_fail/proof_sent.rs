// error[E0277]
//! The proof cannot be sent to another thread, which may be at another IRQL.

use crate::wdf::PassiveLevel;

fn needs_send<T: Send>(_: T) {}

fn send(level: &PassiveLevel) {
    needs_send(level);
}
