//! Single routes and the table.

use ipforward::abi::TableRequest;
use ipforward::abi::operation::call;
use ipforward::{Destination, Device, Diagnosis, Error, Lifetime, Reason, Route, RouteProtocol};

use crate::selftest::case::NamedCase;
use crate::selftest::context::{CaseContext, METRIC, find, metric};
use crate::selftest::not_passed::{CaseResult, NotPassed, expect, expect_equal, expect_refused};
use crate::selftest::temporary_route::{LIFETIME, TemporaryRoute};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "create-set-delete",
        "a route is created, read, changed and deleted",
        create_set_delete,
    ),
    NamedCase::of_family(
        "duplicate-refused",
        "a second route with the same key is refused, and the first is named",
        duplicate_refused,
    ),
    NamedCase::of_family(
        "absent-route",
        "a route that does not exist is not found, changed or deleted",
        absent_route,
    ),
    NamedCase::of_family(
        "table-in-pages",
        "the table in small pages has the routes of the table at once",
        table_in_pages,
    ),
    NamedCase::of_family(
        "best-route",
        "a packet into the prefix of a route takes this route",
        best_route,
    ),
];

/// The rows of a small page of a table.
const PAGE: u32 = 3;

/// More routes than a page has.
const LEASES: usize = 4;

fn create_set_delete(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let route = context.route(0)?;
    let created = TemporaryRoute::create(&device, &route)?;
    let Some(found) = find(&device, &route)? else {
        let text = format!("{} was created and is not found", route.key());
        return Err(NotPassed::Failed(text));
    };
    expect_equal("metric", &found.metric, &METRIC)?;
    expect_equal("protocol", &found.protocol, &RouteProtocol::NET_MGMT)?;
    expect(found.interface.is_same(context.interface()), || {
        format!("on interface {}", found.interface)
    })?;
    expect(found.valid_lifetime <= Lifetime::Seconds(LIFETIME), || {
        format!("valid for {}", found.valid_lifetime)
    })?;
    device.set_route(&created.route().metric(METRIC + 1))?;
    let changed = metric(&device, &route)?;
    expect_equal("metric after a change", &changed, &Some(METRIC + 1))?;
    device.delete_route(&route.key())?;
    expect_equal("deleted route", &find(&device, &route)?, &None)
}

fn duplicate_refused(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let _lease = owner.lease(&route)?;
    let again = route
        .metric(METRIC + 1)
        .valid_for(Lifetime::Seconds(LIFETIME));
    let error = expect_refused(
        "CREATE_ROUTE",
        other.create_route(&again),
        Reason::Duplicate,
    )?;
    let refused = error.refused_route();
    match refused.and_then(|refused| refused.diagnosis) {
        Some(Diagnosis::Duplicate { existing }) => {
            expect_equal("metric of the existing route", &existing.metric, &METRIC)
        }
        diagnosis => Err(NotPassed::Failed(format!(
            "diagnosis: {diagnosis:?}, expected the existing route"
        ))),
    }
}

fn absent_route(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let route = context.route(0)?.valid_for(Lifetime::Seconds(LIFETIME));
    let absent = |what, answer| expect_refused(what, answer, Reason::NotFound);
    absent("GET_ROUTE", device.get_route(&route.key()).map(drop))?;
    absent("SET_ROUTE", device.set_route(&route))?;
    absent("DELETE_ROUTE", device.delete_route(&route.key()))?;
    Ok(())
}

fn table_in_pages(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let mut leases = Vec::new();
    for number in 0..LEASES {
        leases.push(device.lease(&context.route(number)?)?);
    }
    // Other programs may change the table between the two reads.
    context.wait_for("both tables have the same routes", || {
        let keys = |routes: Vec<Route>| routes.iter().map(Route::key).collect::<Vec<_>>();
        let whole = keys(device.routes(context.family)?);
        let in_pages = keys(read_in_pages(&device, context)?);
        let mine = in_pages
            .iter()
            .filter(|key| context.prefix.contains(&key.destination));
        Ok((in_pages == whole && mine.count() == LEASES).then_some(()))
    })
}

fn read_in_pages(device: &Device, context: &CaseContext<'_>) -> Result<Vec<Route>, Error> {
    let mut request = TableRequest {
        family: context.family.0,
        ..TableRequest::default()
    };
    let mut routes = Vec::new();
    loop {
        let (header, rows) = device.call_for_rows::<call::GetTable>(&request, PAGE)?;
        routes.extend(rows.iter().filter_map(|row| Route::try_from(row).ok()));
        request.cursor = header.next_cursor;
        if request.cursor == 0 {
            return Ok(routes);
        }
    }
}

fn best_route(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let route = context.route(0)?;
    let _lease = device.lease(&route)?;
    let to = Destination::from(host_of(&route)?).interface(context.interface());
    let best = device.best_route(to)?.route;
    expect_equal("best route", &best.destination, &route.destination)
}

/// An address of the route's prefix.
fn host_of(route: &Route) -> Result<std::net::IpAddr, NotPassed> {
    let host = route.destination.hosts().nth(1);
    host.ok_or_else(|| NotPassed::Failed(format!("{} has no address", route.destination)))
}
