// error[E0521]
//! The proof cannot be kept for later, when the level may be another.

use crate::wdf::PassiveLevel;

fn keep() {
    let mut kept = None;
    let _ = PassiveLevel::prove(|level| {
        kept = Some(level);
        Ok(())
    });
    drop(kept);
}
