//! Routes that a file has more than once: the network stack keeps one route with each key.

use ipforward::{Entry, Route};

use crate::import::Note;
use crate::route_index::RouteIndex;

/// Leaves out each route of which another entry has the key and the same or a better metric. Returns
/// the others, and a note for each route that is left out; the routes are numbered from 1.
pub(super) fn leave_out(mut entries: Vec<Entry>) -> (Vec<Entry>, Vec<Note>) {
    let mut left_out = Vec::new();
    let mut moves = Vec::new();
    let key = |place: usize| entries[place].route().key();
    for group in RouteIndex::new(entries.len(), key).groups() {
        // The first place of each route, and the place with the best metric so far.
        let mut kept = Vec::<(usize, usize)>::new();
        for place in group.iter().map(|place| *place as usize) {
            let route = entries[place].route();
            let is_same = |kept: &&mut (usize, usize)| key(kept.0).is_same(&route.key());
            let Some((first, best)) = kept.iter_mut().find(is_same) else {
                kept.push((place, place));
                continue;
            };
            let (worse, better) = if route.metric < entries[*best].route().metric {
                (*best, place)
            } else {
                (place, *best)
            };
            left_out.push((place, note(worse, better, &route)));
            *best = better;
            moves.push((*first, better));
        }
    }
    for (first, best) in moves {
        entries[first] = entries[best].clone();
    }
    left_out.sort_unstable_by_key(|(place, _)| *place);
    let (places, notes): (Vec<_>, Vec<_>) = left_out.into_iter().unzip();
    let mut place = 0..entries.len();
    entries.retain(|_| {
        let place = place.next().unwrap_or_default();
        places.binary_search(&place).is_err()
    });
    (entries, notes)
}

fn note(left_out: usize, kept: usize, route: &Route) -> Note {
    Note::of_file(format!(
        "left out route {}, {key}: route {} is the same with the same or a better metric",
        left_out + 1,
        kept + 1,
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
