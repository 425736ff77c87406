//! Runs one vector against a network stack.

use std::time::Duration;

use nt_types::{
    AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus,
};

use super::row;
use super::test_stack::{InterfaceLuids, TestStack};
use super::vector::{Expectation, InterfaceOf, InterfaceStart, RowOf, Step, Vector, WatchTopic};
use super::watcher::Log;
use crate::compartment::{self, Entered};
use crate::{BestRoute, BestRouteQuery, NetworkStack, notify};

/// What a call gave.
enum Answer {
    Nothing,
    Route(MibIpForwardRow2),
    Routes(Vec<MibIpForwardRow2>),
    Best(BestRoute),
    Interface(MibIpInterfaceRow),
    Interfaces(Vec<MibIpInterfaceRow>),
    Addresses(Vec<MibUnicastIpAddressRow>),
    Value(u64),
}

/// A vector while it runs.
struct Run {
    tested: Box<dyn TestStack>,
    log: Log,
    entered: Option<Entered>,
}

/// Runs `vector` on a fresh stack.
pub(super) fn run(
    vector: &Vector,
    expectation: &Expectation,
    tested: Box<dyn TestStack>,
) -> Result<(), String> {
    let luids = tested.luids();
    let log = Log::watch(
        tested.stack(),
        luids,
        notify::Topic::Routes,
        AddressFamily::UNSPECIFIED,
        false,
    )
    .map_err(|status| format!("no watcher: {status}"))?;
    let mut run = Run {
        tested,
        log,
        entered: None,
    };
    let before = all_routes(run.stack());
    for step in &vector.given {
        run.take(step)
            .map_err(|status| format!("a step of `given` failed: {status}"))?;
    }
    let answer = run.take(&vector.call);
    run.entered = None;
    let status = answer.as_ref().err().copied().unwrap_or(NtStatus::SUCCESS);
    equal("status", &status, &row::status(&expectation.status))?;
    if let Ok(answer) = answer {
        check_answer(&answer, expectation, luids)?;
    }
    run.check_state(&before, expectation)?;
    let in_order = !run.stack().behaviours().notifies_later_first();
    check_notices(&run.log, expectation, in_order)
}

impl Run {
    fn stack(&self) -> &dyn NetworkStack {
        self.tested.stack()
    }

    fn take(&mut self, step: &Step) -> Result<Answer, NtStatus> {
        let stack = self.tested.stack();
        let luids = self.tested.luids();
        let nothing = |()| Answer::Nothing;
        match step {
            Step::Create(row) => stack.create_route(&route_row(row, luids)).map(nothing),
            Step::Set(row) => stack.set_route(&route_row(row, luids)).map(nothing),
            Step::Delete(row) => stack.delete_route(&route_row(row, luids)).map(nothing),
            Step::Get(row) => stack.route(&route_row(row, luids)).map(Answer::Route),
            Step::Table { family } => stack.routes(row::family(family)).map(Answer::Routes),
            Step::BestRoute {
                luid,
                index,
                source,
                destination,
            } => {
                let query = BestRouteQuery {
                    interface_luid: luid.as_deref().map_or(0, |name| luids.named(name)),
                    interface_index: *index,
                    source: source.as_deref().map(row::address),
                    destination: row::address(destination),
                };
                stack.best_route(&query).map(Answer::Best)
            }
            Step::Interface(row) => {
                let keys = interface_row(row, stack, luids)?;
                stack.interface(&keys).map(Answer::Interface)
            }
            Step::SetInterface(row) => {
                let row = interface_row(row, stack, luids)?;
                stack.set_interface(&row).map(Answer::Interface)
            }
            Step::Interfaces { family } => stack
                .interfaces(row::family(family))
                .map(Answer::Interfaces),
            Step::Addresses { family } => {
                stack.addresses(row::family(family)).map(Answer::Addresses)
            }
            Step::IndexToLuid { index } => stack.index_to_luid(*index).map(Answer::Value),
            Step::LuidToIndex { luid } => {
                let index = stack.luid_to_index(luids.named(luid))?;
                Ok(Answer::Value(index.into()))
            }
            Step::Watch {
                topic,
                family,
                initial,
            } => {
                let topic = match topic {
                    WatchTopic::Routes => notify::Topic::Routes,
                    WatchTopic::Interfaces => notify::Topic::Interfaces,
                    WatchTopic::Addresses => notify::Topic::Addresses,
                };
                self.log = Log::watch(stack, luids, topic, row::family(family), *initial)?;
                Ok(Answer::Nothing)
            }
            handling => {
                self.handle(handling);
                Ok(Answer::Nothing)
            }
        }
    }

    /// Does to the stack what is no call of it.
    fn handle(&mut self, step: &Step) {
        match step {
            Step::Connect { index } => self.tested.set_connected(*index, true),
            Step::Disconnect { index } => self.tested.set_connected(*index, false),
            Step::CarryNoRoutes { index } => self.tested.carry_no_routes(*index),
            Step::WaitForNotices { count } => drop(self.log.wait_for(*count)),
            Step::LoseAddress { index, address } => {
                self.tested.change_address(*index, *address, false);
            }
            Step::GainAddress { index, address } => {
                self.tested.change_address(*index, *address, true);
            }
            Step::RemoveInterface { index } => self.tested.remove_interface(*index),
            Step::RemoveStack { family } => self.tested.remove_stack(row::family(family)),
            Step::Advance { seconds } => self.tested.advance(Duration::from_secs(*seconds)),
            Step::Compartment { id } => self.entered = Some(compartment::enter(*id)),
            _ => unreachable!("the calls of the stack are taken elsewhere"),
        }
    }

    fn check_state(
        &self,
        before: &[MibIpForwardRow2],
        expectation: &Expectation,
    ) -> Result<(), String> {
        let stack = self.stack();
        let luids = self.tested.luids();
        let made = all_routes(stack)
            .into_iter()
            .filter(|route| !before.iter().any(|old| row::same_keys(old, route)))
            .count();
        equal("new routes", &made, &expectation.rows)?;
        for read in &expectation.reads {
            let keys = read.with.on(row::named(&read.row, luids), luids);
            let route = stack.route(&keys);
            let status = route.err().unwrap_or(NtStatus::SUCCESS);
            equal("status of a read", &status, &row::status(&read.status))?;
            if let Ok(route) = route {
                equal("route read back", &route, &read.is.on(route, luids))?;
            }
        }
        if let Some(settings) = &expectation.settings {
            let keys = MibIpInterfaceRow {
                family: row::family(&settings.family).0,
                interface_luid: luids.named(&settings.luid),
                ..MibIpInterfaceRow::default()
            };
            let row = stack
                .interface(&keys)
                .map_err(|status| status.to_string())?;
            equal("settings", &row, &settings.is.on(row, luids))?;
        }
        Ok(())
    }
}

fn check_answer(
    answer: &Answer,
    expectation: &Expectation,
    luids: InterfaceLuids,
) -> Result<(), String> {
    let route = match answer {
        Answer::Route(route) => Some(*route),
        Answer::Best(best) => Some(best.route),
        _ => None,
    };
    if let (Some(route), Some(members)) = (route, &expectation.answer) {
        equal("route", &route, &members.on(route, luids))?;
    }
    match answer {
        Answer::Best(best) => {
            let source = best
                .source
                .map_or("none".to_owned(), |source| source.to_string());
            let expected = expectation.source.as_ref().unwrap_or(&source);
            equal("source", &source, expected)
        }
        Answer::Routes(routes) => check_table(routes, expectation, luids),
        Answer::Interface(row) => {
            let expected = expectation
                .interface
                .clone()
                .unwrap_or_default()
                .on(*row, luids);
            equal("interface", row, &expected)
        }
        Answer::Interfaces(rows) => {
            let mut names: Vec<String> =
                rows.iter().map(|row| interface_text(row, luids)).collect();
            names.sort();
            equal("interfaces", &Some(names), &expectation.interfaces)
        }
        Answer::Addresses(rows) => {
            let mut texts: Vec<String> = rows.iter().map(|row| address_text(row, luids)).collect();
            texts.sort();
            equal("addresses", &Some(texts), &expectation.addresses)
        }
        Answer::Value(value) => equal("value", &Some(*value), &expectation.value),
        Answer::Nothing | Answer::Route(_) => Ok(()),
    }
}

fn check_table(
    routes: &[MibIpForwardRow2],
    expectation: &Expectation,
    luids: InterfaceLuids,
) -> Result<(), String> {
    let holds = |row: &RowOf| {
        let wanted = route_row(row, luids);
        routes.iter().any(|route| row::same_keys(route, &wanted))
    };
    if let Some(absent) = expectation.contains.iter().find(|row| !holds(row)) {
        return Err(format!("the table lacks {}", absent.row));
    }
    match expectation.lacks.iter().find(|row| holds(row)) {
        Some(present) => Err(format!("the table contains {}", present.row)),
        None => Ok(()),
    }
}

/// Notices of a stack that may notify a later change first are compared in any order.
fn check_notices(log: &Log, expectation: &Expectation, in_order: bool) -> Result<(), String> {
    if let Some(expected) = &expectation.notices {
        let (mut told, mut expected) = (log.wait_for(expected.len()), expected.clone());
        if !in_order {
            told.sort();
            expected.sort();
        }
        equal("notices", &told, &expected)?;
    }
    if let Some(among) = &expectation.notices_among {
        let told = log.wait_for(0);
        if let Some(strange) = told.iter().find(|notice| !among.contains(notice)) {
            return Err(format!("notice {strange:?} is not among {among:?}"));
        }
    }
    log.wait_for_each(&expectation.notices_include)
        .map_err(|(missing, told)| format!("no notice {missing:?} in {told:?}"))
}

fn all_routes(stack: &dyn NetworkStack) -> Vec<MibIpForwardRow2> {
    stack.routes(AddressFamily::UNSPECIFIED).unwrap_or_default()
}

fn route_row(row: &RowOf, luids: InterfaceLuids) -> MibIpForwardRow2 {
    row.with.on(row::named(&row.row, luids), luids)
}

fn interface_row(
    row: &InterfaceOf,
    stack: &dyn NetworkStack,
    luids: InterfaceLuids,
) -> Result<MibIpInterfaceRow, NtStatus> {
    let keys = MibIpInterfaceRow {
        family: row::family(&row.family).0,
        interface_luid: row.luid.as_deref().map_or(0, |name| luids.named(name)),
        interface_index: row.index,
        ..MibIpInterfaceRow::default()
    };
    let begun = match row.from {
        InterfaceStart::Zero => keys,
        InterfaceStart::Get => stack.interface(&keys)?,
        InterfaceStart::Initial => MibIpInterfaceRow {
            family: keys.family,
            interface_luid: keys.interface_luid,
            interface_index: keys.interface_index,
            ..stack.initial_interface()
        },
    };
    Ok(row.with.on(begun, luids))
}

fn interface_text(row: &MibIpInterfaceRow, luids: InterfaceLuids) -> String {
    let family = if row.family() == AddressFamily::IPV4 {
        "IPV4"
    } else {
        "IPV6"
    };
    format!("{} {family}", luids.name_of(row.interface_luid))
}

fn address_text(row: &MibUnicastIpAddressRow, luids: InterfaceLuids) -> String {
    let address = row.address.address().expect("an address of a known family");
    let name = luids.name_of(row.interface_luid);
    format!("{name} {address}/{}", row.on_link_prefix_length)
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, expected: &T) -> Result<(), String> {
    if is == expected {
        Ok(())
    } else {
        Err(format!("{what}\n     is {is:?}\n expected {expected:?}"))
    }
}
