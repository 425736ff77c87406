//! Whether the device is in D0, as the power callbacks have said.

/// The power of the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Power {
    /// Deferred work has never run: the device starts.
    #[default]
    Starting,
    /// The device is in D0.
    Working,
    /// The device has left D0, and the system sleeps.
    Asleep,
    /// The device has returned to D0, and the leases are not compared with the route table yet.
    Resumed,
}

impl Power {
    /// Handles the way out of D0.
    pub(crate) const fn on_sleep(&mut self) {
        *self = Self::Asleep;
    }

    /// Handles the entry to D0. Returns whether this is a resume: an entry that belongs to the start
    /// of the device is none.
    pub(crate) fn on_resume(&mut self) -> bool {
        if *self == Self::Starting {
            return false;
        }
        *self = Self::Resumed;
        true
    }

    /// The power for one run of deferred work, which does the work of a resume once.
    pub(crate) fn begin_run(&mut self) -> Self {
        let power = *self;
        if power != Self::Asleep {
            *self = Self::Working;
        }
        power
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_to_d0_is_no_resume() {
        let mut power = Power::default();
        assert!(!power.on_resume());
        assert_eq!(power.begin_run(), Power::Starting);
        assert!(
            power.on_resume(),
            "a later entry is one, whatever came before"
        );
    }

    #[test]
    fn one_run_does_the_work_of_a_resume() {
        let mut power = Power::Working;
        power.on_sleep();
        assert_eq!([power.begin_run(), power.begin_run()], [Power::Asleep; 2]);
        assert!(power.on_resume());
        let runs = [power.begin_run(), power.begin_run()];
        assert_eq!(runs, [Power::Resumed, Power::Working]);
    }

    #[test]
    fn a_sleep_before_that_run_leaves_its_work_to_the_next_resume() {
        let mut power = Power::Working;
        power.on_sleep();
        power.on_resume();
        power.on_sleep();
        assert_eq!(power.begin_run(), Power::Asleep);
        power.on_resume();
        assert_eq!(power.begin_run(), Power::Resumed);
    }
}
