use std::sync::mpsc;

use nt_kernel::testing::run_alone;
use nt_types::MibIpForwardRow2;

use super::*;
use crate::compartment::{self, DEFAULT};

fn notice(change: Change) -> Notice {
    Notice::route(change, &MibIpForwardRow2::default())
}

fn watch(watchers: &Watchers, initial: bool, callback: Callback) -> Registration {
    watchers
        .watch(
            Topic::Routes,
            AddressFamily::UNSPECIFIED,
            initial,
            vec![callback],
        )
        .unwrap()
}

#[test]
fn notices_arrive_in_order_behind_the_initial_one() {
    let watchers = Watchers::new(Behaviours::documented());
    let (send, receive) = mpsc::channel();
    let registration = watch(
        &watchers,
        true,
        Box::new(move |notice, _following| send.send(notice).unwrap()),
    );
    watchers.publish(&mut vec![(DEFAULT, notice(Change::Add))]);
    watchers.publish(&mut vec![(DEFAULT, notice(Change::Delete))]);
    let seen: Vec<_> = receive.iter().take(3).collect();
    assert_eq!(
        seen,
        [Notice::Initial, notice(Change::Add), notice(Change::Delete)]
    );
    assert_eq!(watchers.cancel(registration), Ok(()));
    assert_eq!(watchers.cancel(registration), Err(CancelError::Unknown));
    assert!(receive.recv().is_err(), "a cancelled callback is dropped");
}

#[test]
fn a_late_notice_is_waited_for_unless_its_registration_ends() {
    run_alone!(|| {
        notify_after(200);
        let watchers = Watchers::new(Behaviours::documented());
        let (send, receive) = mpsc::channel();
        let callback =
            Box::new(move |notice, _following| send.send((notice, Instant::now())).unwrap());
        let registration = watch(&watchers, false, callback);
        let changed = Instant::now();
        watchers.publish(&mut vec![(DEFAULT, notice(Change::Add))]);
        watchers.wait_idle();
        let (received, time) = receive.try_recv().expect("wait_idle waited for it");
        assert_eq!(received, notice(Change::Add));
        assert!(time >= changed + Duration::from_millis(200));

        watchers.publish(&mut vec![(DEFAULT, notice(Change::Delete))]);
        assert_eq!(watchers.cancel(registration), Ok(()));
        assert!(receive.recv().is_err(), "no notice follows");
    });
}

#[test]
fn no_callback_begins_once_the_registration_has_ended() {
    let watchers = Watchers::new(Behaviours::documented());
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel();
    let callback = move |notice, _following| {
        begun.send(notice).unwrap();
        may_end.recv().unwrap();
    };
    let registration = watch(&watchers, true, Box::new(callback));
    let watcher = Arc::clone(&watchers.all.lock()[0]);
    assert_eq!(has_begun.recv(), Ok(Notice::Initial));
    // Both are there when the first callback ends, so the thread takes them together.
    watchers.publish(&mut vec![(DEFAULT, notice(Change::Add))]);
    watchers.publish(&mut vec![(DEFAULT, notice(Change::Delete))]);
    end.send(()).unwrap();
    assert_eq!(has_begun.recv(), Ok(notice(Change::Add)));
    thread::scope(|scope| {
        let cancel = scope.spawn(|| watchers.cancel(registration));
        while !watcher.is_cancelled() {
            thread::yield_now();
        }
        // A second callback would end, too.
        end.send(()).unwrap();
        let _ = end.send(());
        assert_eq!(cancel.join().unwrap(), Ok(()));
    });
    assert!(has_begun.recv().is_err(), "no notice follows");
}

#[test]
fn a_callback_that_cancels_itself_is_found() {
    let watchers = Arc::new(Watchers::new(Behaviours::documented()));
    let (send, receive) = mpsc::channel();
    let (name, own_name) = mpsc::channel();
    let inside = Arc::downgrade(&watchers);
    let registration = watch(
        &watchers,
        true,
        Box::new(move |_, _| {
            let watchers = inside.upgrade().unwrap();
            send.send(watchers.cancel(own_name.recv().unwrap()))
                .unwrap();
        }),
    );
    name.send(registration).unwrap();
    assert_eq!(receive.recv().unwrap(), Err(CancelError::OwnCallback));
}

/// The changes of which a registration of compartment 2 hears: one in the default compartment, then
/// one in its own.
fn heard_in_compartment_2(compartments: &str) -> Vec<Notice> {
    let behaviours = format!("notification-compartments={compartments}");
    let watchers = Watchers::new(behaviours.parse().unwrap());
    let (send, receive) = mpsc::channel();
    let entered = compartment::enter(2);
    watch(
        &watchers,
        false,
        Box::new(move |notice, _following| send.send(notice).unwrap()),
    );
    drop(entered);
    watchers.publish(&mut vec![(DEFAULT, notice(Change::Add))]);
    watchers.publish(&mut vec![(2, notice(Change::Delete))]);
    watchers.wait_idle();
    receive.try_iter().collect()
}

#[test]
fn a_registration_hears_of_its_own_compartment_or_of_all() {
    let (there, here) = (notice(Change::Add), notice(Change::Delete));
    assert_eq!(heard_in_compartment_2("own"), [here]);
    assert_eq!(heard_in_compartment_2("all"), [there, here]);
}
