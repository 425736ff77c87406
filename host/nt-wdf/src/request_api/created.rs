//! Requests that a driver creates, to send them.

use nt_kernel::unimplemented;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::function_entry::functions;
use crate::handle::{WdfIoTarget, WdfRequest};
use crate::object::{ObjectAttributes, ParentRule, Rules};
use crate::pointer::{In, Out};
use crate::request::{self, Sending};
use crate::status;

functions! {
    DISPATCH WdfRequestCreate = create(
        attributes: In<ObjectAttributes>, target: WdfIoTarget, request: Out<WdfRequest>) -> NtStatus;
    DISPATCH WdfRequestReuse = reuse(request: WdfRequest, params: In<ReuseParams>) -> NtStatus;
}

/// `WDF_REQUEST_REUSE_PARAMS` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ReuseParams {
    pub(crate) size: u32,
    pub(crate) flags: u32,
    pub(crate) status: NtStatus,
    pub(crate) new_irp: usize,
}

const _: () = assert!(size_of::<ReuseParams>() == 24);

/// `WDF_REQUEST_REUSE_SET_NEW_IRP`.
const SET_NEW_IRP: u32 = 1;

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    target: WdfIoTarget,
    request: Out<WdfRequest>,
) -> NtStatus {
    let request = request.required(call, "Request");
    let target = call.optional_object(target, "IoTarget");
    let rules = Rules::plain(ParentRule::Optional);
    let created = attributes.check(call, rules).and_then(|mut attributes| {
        let owner = target.and_then(|target| target.owner());
        let parent = attributes.parent.clone();
        let device = owner.or_else(|| parent?.nearest::<DeviceBody>());
        let Some(device) = device else {
            unimplemented::stop(&format!(
                "{} with neither a target nor a parent that belongs to a WDFDEVICE",
                call.function.name
            ));
        };
        // Unless another parent is given, it is the driver's.
        attributes
            .parent
            .get_or_insert_with(|| call.driver_object());
        request::created(&device, attributes)
    });
    status::from_result(created.map(|created| request.set(created.handle())))
}

fn reuse(call: &FrameworkCall, request: WdfRequest, params: In<ReuseParams>) -> NtStatus {
    let request = call.owned_request(request);
    let Ok(params) = params.sized(call, "ReuseParams") else {
        return NtStatus::INVALID_PARAMETER;
    };
    if params.flags & SET_NEW_IRP != 0 {
        return status::WDF_REQUEST_INVALID_STATE;
    }
    let mut sending = Sending::default();
    sending.params.status = params.status;
    request.state.lock().sending = sending;
    NtStatus::SUCCESS
}
