//! Blocks of work as a calendar (RFC 5545).
//!
//! * Times are UTC; calendars show them in their own zone.
//! * The `UID` of an event is made of the device, the grouping, the name and the start: the same block has the
//!   same one in every export, so a calendar that reads the file again doubles nothing.
//! * Text is printable and escaped; lines are folded at 75 bytes, between characters.

use crate::calendar::wall_clock;
use crate::format::format_hms;
use crate::overview::work_blocks::{GroupBy, WorkBlock};
use jiff::tz::TimeZone;
use model::{Timestamp, to_printable};
use std::time::Duration;

/// Characters of a name.
const NAME: usize = 200;

/// The calendar. `device`: names this installation; `made`: now.
#[must_use]
pub fn render_ics(
    blocks: &[WorkBlock],
    by: GroupBy,
    device: &str,
    made: Timestamp,
    version: &str,
) -> String {
    let mut out = String::new();
    let mut line = |text: &str| fold_line(&mut out, text);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line(&format!("PRODID:-//uam//uam {}//EN", escape_text(version)));
    line("CALSCALE:GREGORIAN");
    for block in blocks {
        let name = escape_text(&to_printable(&block.name, NAME));
        line("BEGIN:VEVENT");
        line(&format!(
            "UID:{}-{}-{:016x}@{}.uam",
            format_stamp(block.from),
            <&str>::from(by),
            hash_name(&block.name),
            escape_text(device)
        ));
        line(&format!("DTSTAMP:{}", format_stamp(made)));
        line(&format!("DTSTART:{}", format_stamp(block.from)));
        // Never none.
        let end = block.to.max(block.from + Duration::from_secs(1));
        line(&format!("DTEND:{}", format_stamp(end)));
        line(&format!("SUMMARY:{name}"));
        line(&format!("DESCRIPTION:{} active", format_hms(block.active)));
        line(&format!("CATEGORIES:{name}"));
        line("TRANSP:TRANSPARENT");
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    out
}

fn format_stamp(at: Timestamp) -> String {
    let wall_clock = |at| wall_clock(at, &TimeZone::UTC);
    let at = wall_clock(at).or_else(|| wall_clock(Timestamp::UNIX_EPOCH));
    at.map_or_else(String::new, |at| at.strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// A value of type TEXT.
fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn fold_line(out: &mut String, text: &str) {
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            used = 1;
        }
        used += c.len_utf8();
        out.push(c);
    }
    out.push_str("\r\n");
}

/// FNV-1a; the name's own bytes may be anything, and a `UID` is better short.
fn hash_name(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
