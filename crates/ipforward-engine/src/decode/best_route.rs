//! A `GET_BEST_ROUTE` as the contract has it.

use abi::{AddressFamily, BestRouteRequest};

use crate::network_stack::RouteLookup;

/// Decodes a `GET_BEST_ROUTE`. Its addresses reach the stack as they are.
pub(super) fn decode(request: &BestRouteRequest) -> RouteLookup {
    RouteLookup {
        luid: Some(request.interface_luid).filter(|luid| *luid != 0),
        index: Some(request.interface_index).filter(|index| *index != 0),
        source: Some(request.source).filter(|it| it.family() != AddressFamily::UNSPECIFIED),
        destination: request.destination,
    }
}

#[cfg(test)]
mod tests {
    use abi::SockaddrInet;

    use super::*;

    #[test]
    fn zeros_select_no_interface_and_no_source() {
        let lookup = decode(&BestRouteRequest::default());
        assert_eq!((lookup.luid, lookup.index), (None, None));
        assert_eq!(lookup.source, None);
    }

    #[test]
    fn an_unknown_family_reaches_the_stack() {
        let unknown = SockaddrInet {
            family: 99,
            ..SockaddrInet::default()
        };
        let lookup = decode(&BestRouteRequest {
            interface_luid: 1 << 48,
            interface_index: 7,
            source: unknown,
            destination: unknown,
            reserved: 0,
        });
        assert_eq!((lookup.luid, lookup.index), (Some(1 << 48), Some(7)));
        assert_eq!(lookup.source, Some(unknown));
        assert_eq!(lookup.destination, unknown);
    }
}
