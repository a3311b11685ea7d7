//! Who carries out a redaction: the running uam, which alone may write the journal; or this process, where none
//! runs.

use super::{apply, exceeds_object_limit, sink, words};
use crate::access::{self, Access};
use crate::commands::Home;
use crate::control;
use anyhow::Context;
use journal::{Commit, IntegrityCheck, Journal};
use model::{ErrorKind, Notice, NoticeCode, Record, UserError};
use platform::clock::current_time_us;
use platform::timezone::current_zone_name;
use protocol::{RedactionScope, RedactionSummary, Request, Response, ViewerKey};
use settings::Settings;

/// True while an instance runs, which must do it.
pub(crate) fn is_running(home: &Home) -> anyhow::Result<bool> {
    match control::call(&home.paths, &Request::Status) {
        Ok(_) => Ok(true),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => Ok(false),
        Err(e) => Err(e),
    }
}

/// Does it through the running instance, with the key where one was needed.
pub(crate) fn through(
    home: &Home,
    scope: &RedactionScope,
    dry_run: bool,
    access: Option<&Access>,
) -> anyhow::Result<RedactionSummary> {
    let request = Request::Redact {
        scope: scope.clone(),
        dry_run,
        key: access.map(|a| ViewerKey::new(a.identity.reveal().to_string())),
    };
    match control::call(&home.paths, &request)? {
        Response::Redaction { summary, .. } => Ok(*summary),
        Response::Refused(why) => Err(UserError::new(
            ErrorKind::Failed,
            model::to_printable(&why, 400),
            "Nothing was changed.",
        )
        .into()),
        _ => anyhow::bail!("the running instance did not say what it did"),
    }
}

/// Does it here, since no instance runs.
pub(crate) fn directly(
    home: &Home,
    scope: &RedactionScope,
    dry_run: bool,
    access: &Access,
) -> anyhow::Result<RedactionSummary> {
    let now = current_time_us();
    let dir = home.paths.journal_dir();
    let mut journal =
        Journal::open_for_maintenance(&dir, access.keys()?, now, IntegrityCheck::Full)
            .context("the journal cannot be written")?;
    let summary = super::dry_run(scope, &journal, now)?;
    if exceeds_object_limit(&summary) {
        return Err(UserError::usage(
            "that touches too many objects that were sent to name them all",
            "Take fewer days at once.",
        )
        .into());
    }
    if dry_run || summary.is_empty() {
        return Ok(summary);
    }
    let rules =
        settings::UploadPolicy::from(&Settings::load(&home.paths)?.upload).freeze_options(true);
    let summary = apply(scope, &mut journal, &rules, now)?;
    let zone = current_zone_name().to_string();
    let (code, text) = words::notice(scope, &summary, now, &zone);
    let notice = Record::Notice(Notice {
        at_us: now,
        zone,
        code,
        text,
    });
    let step = Commit {
        records: &[notice],
        at_us: now,
        ..Commit::default()
    };
    journal
        .commit(step)
        .and_then(|_| access::pack(home, &mut journal, now))
        .context("it was done, but could not be noted")?;
    Ok(summary)
}

/// Deletes the copies of what was taken out, as far as that may be done, and notes what became of them.
pub(crate) fn delete_copies(
    home: &Home,
    access: Option<&Access>,
    summary: &RedactionSummary,
) -> anyhow::Result<sink::Copies> {
    let copies = sink::delete(home, &summary.objects);
    let left: Vec<String> = copies.left.iter().map(|(name, _)| name.clone()).collect();
    let notices = words::copies(NoticeCode::Removed, copies.deleted.len(), &left);
    note(home, access, notices)?;
    Ok(copies)
}

/// Notes what became of the copies.
pub(crate) fn note(
    home: &Home,
    access: Option<&Access>,
    notices: Vec<(NoticeCode, String)>,
) -> anyhow::Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    match access {
        Some(access) => access.note(home, notices),
        None => {
            let response = control::call(&home.paths, &Request::RecordNotices { notices })?;
            anyhow::ensure!(
                !response.is_refused(),
                "the running instance did not note it: {}",
                response.text()
            );
            Ok(())
        }
    }
}
