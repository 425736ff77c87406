//! Routes that a file has more than once: the network stack keeps one route with each key.

use std::collections::HashMap;

use ipforward::{Entry, IpNet, NextHop, Route};

use crate::import::Note;

/// Leaves out each route of which another entry has the key and the same or a better metric. Returns
/// the others, and a note for each route that is left out; the routes are numbered from 1.
pub(super) fn leave_out(entries: Vec<Entry>) -> (Vec<Entry>, Vec<Note>) {
    let mut kept: Vec<(usize, Entry)> = Vec::with_capacity(entries.len());
    let mut places: HashMap<(IpNet, NextHop), Vec<usize>> = HashMap::new();
    let mut notes = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        let route = entry.route();
        let candidates = places
            .entry((route.destination, route.next_hop))
            .or_default();
        let is_same = |place: &&usize| kept[**place].1.route().key().is_same(&route.key());
        let Some(place) = candidates.iter().find(is_same).copied() else {
            candidates.push(kept.len());
            kept.push((number, entry));
            continue;
        };
        let (earlier, kept_entry) = &mut kept[place];
        if route.metric < kept_entry.route().metric {
            notes.push(note(*earlier, number, &route));
            (*earlier, *kept_entry) = (number, entry);
        } else {
            notes.push(note(number, *earlier, &route));
        }
    }
    (kept.into_iter().map(|(_, entry)| entry).collect(), notes)
}

fn note(left_out: usize, kept: usize, route: &Route) -> Note {
    Note::of_file(format!(
        "left out route {left_out}, {key}: route {kept} is the same with the same or a better metric",
        key = route.key()
    ))
}

#[cfg(test)]
mod tests {
    use ipforward::Interface;

    use super::*;

    fn entry(destination: &str, metric: u32) -> Entry {
        let route = Route::new(destination.parse().unwrap(), Interface::Index(7));
        Entry::upsert(&route.metric(metric))
    }

    #[test]
    fn the_better_metric_of_two_equal_keys_is_kept() {
        let entries = [
            entry("10.0.0.0/8", 20),
            entry("10.1.0.0/16", 20),
            entry("10.0.0.0/8", 5),
            entry("10.1.0.0/16", 20),
        ];
        let (kept, notes) = leave_out(entries.into());
        let kept: Vec<_> = kept
            .iter()
            .map(|entry| (entry.route().destination.to_string(), entry.route().metric))
            .collect();
        assert_eq!(kept, [("10.0.0.0/8".into(), 5), ("10.1.0.0/16".into(), 20)]);
        let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "left out route 1, 10.0.0.0/8 dev 7: route 3 is the same with the same or a better \
                 metric",
                "left out route 4, 10.1.0.0/16 dev 7: route 2 is the same with the same or a better \
                 metric",
            ]
        );
    }
}
