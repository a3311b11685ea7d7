//! `uam sent`: the uploaded objects as the journal lists them, or the objects themselves, fetched, checked and opened.

mod fetch;
mod objects;

pub(super) use objects::newest_objects;

use super::reading::require_journal;
use super::shots::draw_screenshot;
use crate::cli::UploadedArgs;
use crate::output;
use crate::sign_in::read_access::open_for_reading;
use agent::{AppContext, ReadAccess};
use anyhow::Context;
use fetch::{OpenedObject, open_object};
use journal::Reader;
use model::{ErrorKind, UserError};
use objects::{UploadedItem, find_object, list_objects};
use platform::timezone::current_zone_name;
use std::process::ExitCode;

pub(super) fn run(context: &AppContext, args: &UploadedArgs) -> anyhow::Result<ExitCode> {
    require_journal(context)?;
    let access = open_for_reading(context, "the uploaded objects")?;
    let reader = access.open_reader(context)?;
    let items = list_objects(&reader)?;
    if let Some(name) = &args.show {
        return show_object(context, &access, &reader, find_object(&items, name)?, args);
    }
    if args.all {
        return show_all_objects(context, &access, &reader, &items);
    }
    for item in &items {
        match args.json {
            true => output::print_line(&serde_json::to_string(item)?),
            false => output::print_line(&item.describe_object(&current_zone_name())),
        }
    }
    if items.is_empty() && !args.json {
        output::print_line("Nothing was uploaded.");
    }
    Ok(ExitCode::SUCCESS)
}

fn show_object(
    context: &AppContext,
    access: &ReadAccess,
    reader: &Reader,
    item: &UploadedItem,
    args: &UploadedArgs,
) -> anyhow::Result<ExitCode> {
    let (head, opened, as_sent) =
        open_object(&settings::open_sink(&context.paths), access, reader, item);
    output::print_error_text(&format!("{head}\n"));
    let opened = opened.context("and it cannot be read from the journal")?;
    match (opened, &args.save) {
        (OpenedObject::Lines(bytes) | OpenedObject::Screenshot(bytes), Some(file)) => {
            std::fs::write(file, bytes)
                .with_context(|| format!("cannot write {}", file.display()))?;
            output::print_line(&format!("Saved {}", file.display()));
        }
        (OpenedObject::Lines(lines), None) => output::print_text(&String::from_utf8_lossy(&lines)),
        (OpenedObject::Screenshot(picture), None) => draw_screenshot(&picture, args.protocol)?,
    }
    Ok(match as_sent {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn show_all_objects(
    context: &AppContext,
    access: &ReadAccess,
    reader: &Reader,
    items: &[UploadedItem],
) -> anyhow::Result<ExitCode> {
    let sink = settings::open_sink(&context.paths);
    let mut wrong = 0_u64;
    for item in items {
        let (head, opened, as_sent) = open_object(&sink, access, reader, item);
        output::print_line(&head);
        wrong += u64::from(!as_sent);
        match opened {
            Ok(OpenedObject::Lines(lines)) => output::print_text(&String::from_utf8_lossy(&lines)),
            Ok(OpenedObject::Screenshot(picture)) => output::print_line(&format!(
                "# a screenshot of {}; `uam sent --show NAME` shows it",
                report::format::format_bytes(picture.len() as u64)
            )),
            Err(e) => {
                output::print_line(&format!("# cannot be read from the journal either: {e:#}"))
            }
        }
    }
    if wrong > 0 {
        return Err(UserError::new(
            ErrorKind::Failed,
            format!(
                "{} not as uploaded, or cannot be opened",
                report::format::format_count(wrong, "object is", "objects are")
            ),
            "The lines above say which.",
        )
        .into());
    }
    Ok(ExitCode::SUCCESS)
}
