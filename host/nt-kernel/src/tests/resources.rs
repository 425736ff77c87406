//! `ERESOURCE`s.

use crate::export_by_name::{free, nt, storage};
use crate::{critical_regions, locks};

fn shared(resource: usize) -> bool {
    nt!(ExAcquireResourceSharedLite(resource => usize, 0 => u8) -> u8) != 0
}

fn exclusive(resource: usize, wait: u8) -> bool {
    nt!(ExAcquireResourceExclusiveLite(resource => usize, wait => u8) -> u8) != 0
}

fn release(resource: usize) {
    nt!(ExReleaseResourceLite(resource => usize) -> ());
}

#[test]
fn threads_share_a_resource_or_one_has_it() {
    let resource = storage(0x68);
    nt!(ExInitializeResourceLite(resource => usize) -> u32);
    critical_regions::enter();
    assert!(shared(resource));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            critical_regions::enter();
            assert!(!exclusive(resource, 0));
            assert!(shared(resource));
            release(resource);
            assert_eq!(locks::count(), 0);
        });
    });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            critical_regions::enter();
            assert!(exclusive(resource, 1));
            let alone = nt!(ExIsResourceAcquiredExclusiveLite(resource => usize) -> u8);
            assert_eq!(alone, 1);
            release(resource);
        });
        while nt!(ExGetExclusiveWaiterCount(resource => usize) -> u32) == 0 {
            std::thread::yield_now();
        }
        release(resource);
    });
    critical_regions::leave();
    nt!(ExDeleteResourceLite(resource => usize) -> u32);
    free(resource);
}
