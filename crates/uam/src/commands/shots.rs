//! `uam shots`: the pictures.

use super::Home;
use crate::cli::Protocol;
use crate::output;
use anyhow::Context;
use console::TerminalGraphics;
use journal::{Reader, ScreenshotEntry, ScreenshotLocation};
use model::UserError;
use platform::clock::current_time_us;
use settings::Settings;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(
    home: &Home,
    count: usize,
    show: Option<&str>,
    protocol: Protocol,
    save: Option<&Path>,
    seq: Option<u64>,
) -> anyhow::Result<ExitCode> {
    let reader = super::reader(home, "pictures")?;
    match (show, save) {
        (Some(which), _) => {
            let wanted = match which {
                "last" => None,
                number => Some(number.parse().map_err(|_| {
                    UserError::usage(
                        format!("\"{number}\" is not a picture's number"),
                        "`uam shots` lists them; `last` is the newest.",
                    )
                })?),
            };
            draw(&picture(&reader, wanted)?, protocol)?;
        }
        (None, Some(file)) => {
            std::fs::write(file, picture(&reader, seq)?)
                .with_context(|| format!("cannot write {}", file.display()))?;
            output::line(&format!("Saved {}", file.display()));
        }
        (None, None) => {
            let hold = Settings::load(&home.paths)?.upload.hold_seconds;
            let hold_us = i64::try_from(hold * model::MICROS_PER_SECOND).unwrap_or(i64::MAX);
            list(&reader, count, hold_us)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Draws a picture in the terminal.
pub(super) fn draw(picture: &[u8], protocol: Protocol) -> anyhow::Result<()> {
    let graphics = match chosen(protocol) {
        Some(protocol) if !std::io::stdout().is_terminal() => {
            TerminalGraphics::assume_protocol(protocol)
        }
        forced => TerminalGraphics::detect(forced)
            .context("pictures are shown on a terminal only (or say --protocol)")?,
    };
    console::inline_image::print_image(
        &mut std::io::stdout(),
        picture,
        &graphics,
        console::inline_image::terminal_area(),
    )
    .context("cannot draw the picture")
}

fn list(reader: &Reader, count: usize, hold_us: i64) -> anyhow::Result<()> {
    let rows = reader.newest_screenshots(count)?;
    if rows.is_empty() {
        output::line("No pictures yet.");
    }
    for row in rows.iter().rev() {
        output::line(&describe(row, hold_us));
    }
    Ok(())
}

fn picture(reader: &Reader, seq: Option<u64>) -> anyhow::Result<Vec<u8>> {
    let seq = match seq {
        Some(seq) => seq,
        None => match reader.newest_screenshots(1)?.first() {
            Some(row) => row.seq,
            None => {
                return Err(UserError::usage(
                    "there are no pictures yet",
                    "They come by themselves while uam records; `uam shot` takes one now.",
                )
                .into());
            }
        },
    };
    reader
        .open_screenshot(seq)
        .with_context(|| format!("cannot open picture {seq}"))
}

fn chosen(protocol: Protocol) -> Option<console::GraphicsProtocol> {
    match protocol {
        Protocol::Auto => None,
        Protocol::Kitty => Some(console::GraphicsProtocol::Kitty),
        Protocol::Sixel => Some(console::GraphicsProtocol::Sixel),
        Protocol::Iterm2 => Some(console::GraphicsProtocol::Iterm2),
        Protocol::Blocks => Some(console::GraphicsProtocol::HalfBlocks),
    }
}

/// `    42  2026-11-22 14:03:11  400×300  12 kB  blurred  sent  Editor — main.rs`
fn describe(row: &ScreenshotEntry, hold_us: i64) -> String {
    let shot = &row.shot;
    let zone = report::text::load_zone(&shot.zone);
    let day = report::local_date(shot.at_us, &shot.zone);
    if shot.removed {
        return format!(
            "{:>6}  {day} {}  removed",
            row.seq,
            report::text::format_clock_time(shot.at_us, &zone)
        );
    }
    // Until then the last word is its owner's.
    let until = match row.held {
        true => shot.at_us.saturating_add(hold_us),
        false => row.not_before_us,
    };
    let held = format!(
        "held until {}",
        report::text::format_clock_time(until, &zone)
    );
    let place = match row.place {
        ScreenshotLocation::Here if row.acked => "sent",
        ScreenshotLocation::Here if until > current_time_us() => held.as_str(),
        ScreenshotLocation::Here => "waiting",
        ScreenshotLocation::Archived => "archived",
        ScreenshotLocation::Deleted => "deleted",
        ScreenshotLocation::Lost => "lost",
    };
    let window = shot.window.as_ref().map_or_else(String::new, |w| {
        report::feed::window_label(&w.app, &w.title)
    });
    format!(
        "{:>6}  {day} {}  {:>9}  {:>8}  {:<8}  {place:<8}  {}",
        row.seq,
        report::text::format_clock_time(shot.at_us, &zone),
        format!("{}×{}", shot.screen_width, shot.screen_height),
        report::text::format_bytes(shot.bytes),
        if shot.blurred { "blurred" } else { "readable" },
        model::to_printable(&window, 60)
    )
}
