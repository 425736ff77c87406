//! `GetBestRoute2`.

#![expect(non_snake_case, reason = "exports have the names that drivers import")]

use nt_kernel::warning;
use nt_types::{MibIpForwardRow2, NtStatus, SockaddrInet};

use super::pointer::{In, Out};
use super::{Limit, call};
use crate::stack::BestRouteQuery;

pub(super) extern "win64" fn GetBestRoute2(
    interface_luid: In<u64>,
    interface_index: u32,
    source: In<SockaddrInet>,
    destination: In<SockaddrInet>,
    _sort_options: u32,
    best_route: Out<MibIpForwardRow2>,
    best_source: Out<SockaddrInet>,
) -> NtStatus {
    call("GetBestRoute2", Limit::Disputed, |stack| {
        let query = BestRouteQuery {
            interface_luid: interface_luid.optional().unwrap_or(0),
            interface_index,
            source: source.optional(),
            destination: destination.required()?,
        };
        let (best_route, best_source) = (best_route.required()?, best_source.required()?);
        let best = stack.best_route(&query)?;
        warn_of_missing_interface(&query);
        best_route.set(best.route);
        best_source.set(best.source.map_or_else(SockaddrInet::default, Into::into));
        Ok(())
    })
}

/// The kernel page refuses it, user-mode callers do it.
fn warn_of_missing_interface(query: &BestRouteQuery) {
    if query.interface_luid == 0 && query.interface_index == 0 {
        warning(
            "GetBestRoute2 was given neither LUID nor index and searched all interfaces; \
             the kernel reference calls that invalid",
        );
    }
}
