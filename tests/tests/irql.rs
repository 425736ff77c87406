//! A caller at `DISPATCH_LEVEL`.

use abi::{MibIpForwardRow2, NtStatus, Operation};
use nthost::io;
use nthost::kernel::irql::Irql;
use tests::KernelMode;
use zerocopy::FromBytes;

/// The host checks the level of every call of the network stack and would stop the machine, so
/// that the calls succeed shows that each was made at `PASSIVE_LEVEL`.
#[test]
fn a_request_at_dispatch_level_is_deferred_to_passive_level_before_the_stack_is_entered() {
    let kernel = KernelMode::start();
    let handle = kernel.open().unwrap();

    let created = kernel.send(&handle, Irql::DISPATCH, Operation::CreateRoute);
    assert_eq!(created.status, NtStatus::SUCCESS);
    let found = kernel.send(&handle, Irql::DISPATCH, Operation::GetRoute);
    let found = MibIpForwardRow2::read_from_bytes(&found.output).expect("a row");
    assert_eq!((found.metric, found.interface_index), (5, 7));
    let deleted = kernel.send(&handle, Irql::PASSIVE, Operation::DeleteRoute);
    assert_eq!(deleted.status, NtStatus::SUCCESS);

    io::close(handle);
    assert_eq!(kernel.stop(), Vec::<String>::new());
}
