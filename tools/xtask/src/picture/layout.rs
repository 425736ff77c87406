//! Where each part of a picture lies. All lengths are in pixels.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::{Arrow, Band, Node, Picture};

/// Width of the whole picture: that of a page on GitHub.
pub(super) const WIDTH: u32 = 880;

const MARGIN: u32 = 16;
const TITLE: u32 = 40;
const PADDING: u32 = 18;
const BAND_NAME: u32 = 36;
const BETWEEN_BOXES: u32 = 56;
const BETWEEN_ROWS: u32 = 42;
const BETWEEN_BANDS: u32 = 46;
const LINE: u32 = 17;

/// A letter of a box's note, on average.
const NOTE_LETTER: u32 = 7;

#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

#[derive(Debug)]
pub(super) struct PlacedBand<'a> {
    pub(super) name: &'a str,
    pub(super) place: Rectangle,
}

#[derive(Debug)]
pub(super) struct PlacedNode<'a> {
    pub(super) title: &'a str,
    pub(super) note: Vec<String>,
    pub(super) place: Rectangle,
}

#[derive(Debug)]
pub(super) struct PlacedArrow<'a> {
    pub(super) label: &'a str,
    pub(super) from: (u32, u32),
    pub(super) to: (u32, u32),
}

/// A picture whose parts have their places.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) title: &'a str,
    pub(super) height: u32,
    pub(super) bands: Vec<PlacedBand<'a>>,
    pub(super) nodes: Vec<PlacedNode<'a>>,
    pub(super) arrows: Vec<PlacedArrow<'a>>,
}

/// Places bands below each other, rows below each other, and the boxes of a row side by side.
pub(super) fn place(picture: &Picture) -> Result<Layout<'_>> {
    let mut layout = Layout {
        title: &picture.title,
        height: 0,
        bands: Vec::new(),
        nodes: Vec::new(),
        arrows: Vec::new(),
    };
    let mut places = BTreeMap::new();
    let mut y = TITLE + MARGIN;
    for band in &picture.bands {
        y = place_band(band, y, &mut layout, &mut places) + BETWEEN_BANDS;
    }
    layout.height = y - BETWEEN_BANDS + MARGIN;
    for arrow in &picture.arrows {
        layout.arrows.push(place_arrow(arrow, picture, &places)?);
    }
    Ok(layout)
}

/// Places one band at `top`; answers where it ends.
fn place_band<'a>(
    band: &'a Band,
    top: u32,
    layout: &mut Layout<'a>,
    places: &mut BTreeMap<&'a str, Rectangle>,
) -> u32 {
    let mut y = top + BAND_NAME;
    for row in &band.rows {
        y = place_row(row, y, layout, places) + BETWEEN_ROWS;
    }
    let end = y - BETWEEN_ROWS + PADDING;
    layout.bands.push(PlacedBand {
        name: &band.name,
        place: Rectangle {
            x: MARGIN,
            y: top,
            width: WIDTH - 2 * MARGIN,
            height: end - top,
        },
    });
    end
}

/// Places the boxes of one row at `top`; answers where the highest ends.
fn place_row<'a>(
    row: &'a [Node],
    top: u32,
    layout: &mut Layout<'a>,
    places: &mut BTreeMap<&'a str, Rectangle>,
) -> u32 {
    let count = u32::try_from(row.len()).unwrap_or(1).max(1);
    let inner = WIDTH - 2 * (MARGIN + PADDING) - (count - 1) * BETWEEN_BOXES;
    let weights: u32 = row.iter().map(|node| node.weight).sum();
    let first = layout.nodes.len();
    let mut x = MARGIN + PADDING;
    let mut height = 0;
    for node in row {
        let width = inner * node.weight / weights.max(1);
        let note = wrap(&node.note, (width - 16) / NOTE_LETTER);
        let lines = u32::try_from(note.len()).unwrap_or(0);
        height = height.max(32 + lines * LINE);
        let place = Rectangle {
            x,
            y: top,
            width,
            height: 0,
        };
        layout.nodes.push(PlacedNode {
            title: &node.title,
            note,
            place,
        });
        x += width + BETWEEN_BOXES;
    }
    for (placed, node) in layout.nodes[first..].iter_mut().zip(row) {
        placed.place.height = height;
        places.insert(&node.id, placed.place);
    }
    top + height
}

/// Breaks a text into lines of at most `letters`, at spaces; `|` breaks it anywhere.
fn wrap(text: &str, letters: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('|').filter(|paragraph| !paragraph.is_empty()) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > letters as usize {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// An arrow leaves and arrives at the sides that face each other.
fn place_arrow<'a>(
    arrow: &'a Arrow,
    picture: &Picture,
    places: &BTreeMap<&str, Rectangle>,
) -> Result<PlacedArrow<'a>> {
    let find = |id: &str| {
        let place = places.get(id).copied();
        place.with_context(|| format!("no box `{id}`"))
    };
    let (from, to) = (find(&arrow.from)?, find(&arrow.to)?);
    let is_two_way = picture
        .arrows
        .iter()
        .any(|other| other.from == arrow.to && other.to == arrow.from);
    let (start, end) = if from.y == to.y {
        let y = from.y + from.height / 2;
        if from.x < to.x {
            ((from.x + from.width, y), (to.x, y))
        } else {
            ((from.x, y), (to.x + to.width, y))
        }
    } else {
        let is_down = from.y < to.y;
        let shift = |x: u32| match (is_two_way, is_down) {
            (false, _) => x,
            (true, true) => x - 60,
            (true, false) => x + 60,
        };
        let (out, into) = (shift(toward(from, to)), shift(toward(to, from)));
        if is_down {
            ((out, from.y + from.height), (into, to.y))
        } else {
            ((out, from.y), (into, to.y + to.height))
        }
    };
    Ok(PlacedArrow {
        label: &arrow.label,
        from: start,
        to: end,
    })
}

/// Where on `one` an arrow to `other` begins: above or below the middle of the smaller box.
fn toward(one: Rectangle, other: Rectangle) -> u32 {
    let smaller = if one.width <= other.width { one } else { other };
    let middle = smaller.x + smaller.width / 2;
    middle.clamp(one.x + 20, one.x + one.width - 20)
}
