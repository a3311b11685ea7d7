//! `uam shots`: the screenshots.

use super::reading::open_reader;
use crate::cli::{GraphicsChoice, ShotsArgs};
use crate::output;
use agent::AppContext;
use anyhow::Context;
use console::TerminalGraphics;
use journal::{Reader, ScreenshotEntry, ScreenshotLocation};
use model::UserError;
use platform::clock::current_time;
use settings::Settings;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

pub(super) fn run(context: &AppContext, args: &ShotsArgs) -> anyhow::Result<ExitCode> {
    let reader = open_reader(context, "screenshots")?;
    match (&args.show, &args.save) {
        (Some(which), _) => {
            let wanted = match which.as_str() {
                "last" => None,
                number => Some(number.parse().map_err(|_| {
                    UserError::usage(
                        format!("\"{number}\" is not a screenshot's number"),
                        "`uam shots` lists them; `last` is the newest.",
                    )
                })?),
            };
            draw_screenshot(&read_screenshot(&reader, wanted)?, args.protocol)?;
        }
        (None, Some(file)) => {
            std::fs::write(file, read_screenshot(&reader, args.seq)?)
                .with_context(|| format!("cannot write {}", file.display()))?;
            output::print_line(&format!("Saved {}", file.display()));
        }
        (None, None) => {
            let hold = Settings::load(&context.paths)?.upload.hold_seconds;
            print_list(&reader, args.count, Duration::from_secs(hold))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Draws a screenshot in the terminal.
pub(super) fn draw_screenshot(picture: &[u8], protocol: GraphicsChoice) -> anyhow::Result<()> {
    let graphics = match to_protocol(protocol) {
        Some(protocol) if !std::io::stdout().is_terminal() => {
            TerminalGraphics::assume_protocol(protocol)
        }
        forced => TerminalGraphics::detect(forced)
            .context("screenshots are shown on a terminal only (or with --protocol)")?,
    };
    console::inline_image::print_image(
        &mut std::io::stdout(),
        picture,
        &graphics,
        console::inline_image::terminal_area(),
    )
    .context("cannot draw the screenshot")
}

fn print_list(reader: &Reader, count: usize, hold: Duration) -> anyhow::Result<()> {
    let rows = reader.newest_screenshots(count)?;
    if rows.is_empty() {
        output::print_line("No screenshots yet.");
    }
    for row in rows.iter().rev() {
        output::print_line(&describe_row(row, hold));
    }
    Ok(())
}

fn read_screenshot(reader: &Reader, seq: Option<u64>) -> anyhow::Result<Vec<u8>> {
    let seq = match seq {
        Some(seq) => seq,
        None => match reader.newest_screenshots(1)?.first() {
            Some(row) => row.seq,
            None => {
                return Err(UserError::usage(
                    "there are no screenshots yet",
                    "uam takes them while it records; `uam shot` takes one now.",
                )
                .into());
            }
        },
    };
    reader
        .open_screenshot(seq)
        .with_context(|| format!("cannot open screenshot {seq}"))
}

fn to_protocol(protocol: GraphicsChoice) -> Option<console::GraphicsProtocol> {
    match protocol {
        GraphicsChoice::Auto => None,
        GraphicsChoice::Kitty => Some(console::GraphicsProtocol::Kitty),
        GraphicsChoice::Sixel => Some(console::GraphicsProtocol::Sixel),
        GraphicsChoice::Iterm2 => Some(console::GraphicsProtocol::Iterm2),
        GraphicsChoice::Blocks => Some(console::GraphicsProtocol::HalfBlocks),
    }
}

/// `    42  2026-11-22 14:03:11  400×300  12 kB  blurred  sent  Editor — main.rs`
fn describe_row(row: &ScreenshotEntry, hold: Duration) -> String {
    let shot = &row.shot;
    let zone = report::load_zone(&shot.zone);
    let day = report::local_date(shot.at, &shot.zone);
    if shot.redacted {
        return format!(
            "{:>6}  {day} {}  removed",
            row.seq,
            report::format::format_clock_time(shot.at, &zone)
        );
    }
    // Until then its owner can delete it before it is uploaded.
    let until = match row.held {
        true => shot.at + hold,
        false => row.not_before,
    };
    let held = format!(
        "held until {}",
        report::format::format_clock_time(until, &zone)
    );
    let place = match row.place {
        ScreenshotLocation::Local if row.acked => "sent",
        ScreenshotLocation::Local if until > current_time() => held.as_str(),
        ScreenshotLocation::Local => "waiting",
        ScreenshotLocation::Archived => "archived",
        ScreenshotLocation::Deleted => "deleted",
        ScreenshotLocation::Lost => "lost",
    };
    let window = shot.window.as_ref().map_or_else(String::new, |w| {
        report::format::window_label(&w.app, &w.title)
    });
    format!(
        "{:>6}  {day} {}  {:>9}  {:>8}  {:<8}  {place:<8}  {}",
        row.seq,
        report::format::format_clock_time(shot.at, &zone),
        format!("{}×{}", shot.screen_width, shot.screen_height),
        report::format::format_bytes(shot.bytes),
        if shot.blurred { "blurred" } else { "readable" },
        model::to_printable(&window, 60)
    )
}
