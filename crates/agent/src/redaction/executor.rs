//! Executes a redaction: through the running agent, which alone may write the journal, or directly where none runs.

use super::messages::{copy_notices, redaction_notice};
use super::plan::{self, apply, exceeds_object_limit};
use super::uploaded_copies::{DeletionReport, delete_uploaded_copies};
use crate::access::ReadAccess;
use crate::agent_call::call_running_agent;
use crate::app_context::AppContext;
use crate::freezing::freeze_after_maintenance;
use anyhow::Context;
use journal::{Commit, IntegrityCheck, Journal};
use model::{ErrorKind, Notice, NoticeCode, Record, UserError};
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use protocol::{RedactionScope, RedactionSummary, Request, Response, ViewerKey};
use settings::Settings;

/// True while an agent runs, which must do it.
///
/// # Errors
/// When one runs but does not answer.
pub fn is_agent_running(context: &AppContext) -> anyhow::Result<bool> {
    match call_running_agent(&context.paths, &Request::Status) {
        Ok(_) => Ok(true),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => Ok(false),
        Err(e) => Err(e),
    }
}

/// Redacts through the running agent, with the key where one is needed.
///
/// # Errors
/// When the agent refuses or does not answer.
pub fn redact_through_agent(
    context: &AppContext,
    scope: &RedactionScope,
    dry_run: bool,
    access: Option<&ReadAccess>,
) -> anyhow::Result<RedactionSummary> {
    let request = Request::Redact {
        scope: scope.clone(),
        dry_run,
        key: access.map(|a| ViewerKey::new(a.identity.reveal().to_string())),
    };
    match call_running_agent(&context.paths, &request)? {
        Response::Redaction { summary, .. } => Ok(*summary),
        Response::Refused(why) => Err(UserError::new(
            ErrorKind::Failed,
            model::to_printable(&why, 400),
            "Nothing was changed.",
        )
        .into()),
        _ => anyhow::bail!("the running uam did not report the result"),
    }
}

/// Redacts in this process, where no agent runs.
///
/// # Errors
/// When the journal cannot be written, or too many uploaded objects are touched.
pub fn redact_directly(
    context: &AppContext,
    scope: &RedactionScope,
    dry_run: bool,
    access: &ReadAccess,
) -> anyhow::Result<RedactionSummary> {
    let now = current_time();
    let dir = context.paths.journal_dir();
    let mut journal =
        Journal::open_for_maintenance(&dir, access.journal_keys()?, now, IntegrityCheck::Full)
            .context("the journal cannot be written")?;
    let summary = plan::dry_run(scope, &journal, now)?;
    if exceeds_object_limit(&summary) {
        return Err(UserError::usage(
            "too many uploaded objects are affected to list them all",
            "Choose fewer days at once.",
        )
        .into());
    }
    if dry_run || summary.is_empty() {
        return Ok(summary);
    }
    let rules =
        settings::UploadPolicy::from(&Settings::load(&context.paths)?.upload).freeze_options(true);
    let summary = apply(scope, &mut journal, &rules, now)?;
    let zone = current_zone_name().to_string();
    let (code, text) = redaction_notice(scope, &summary, now, &zone);
    let notice = Record::Notice(Notice {
        at: now,
        zone,
        code,
        text,
    });
    let step = Commit {
        records: &[notice],
        at: now,
        ..Commit::default()
    };
    journal
        .commit(step)
        .and_then(|_| freeze_after_maintenance(&context.paths, &mut journal, now))
        .context("it was done, but the notice of it could not be recorded")?;
    Ok(summary)
}

/// Deletes the uploaded copies of redacted records, as far as that is allowed, and records the outcome.
///
/// # Errors
/// When the outcome cannot be recorded.
pub fn delete_copies_and_note(
    context: &AppContext,
    access: Option<&ReadAccess>,
    summary: &RedactionSummary,
) -> anyhow::Result<DeletionReport> {
    let copies = delete_uploaded_copies(&context.paths, &summary.objects);
    let left: Vec<String> = copies.left.iter().map(|(name, _)| name.clone()).collect();
    let notices = copy_notices(NoticeCode::Removed, copies.deleted.len(), &left);
    record_through(context, access, notices)?;
    Ok(copies)
}

/// Records notices with the right to read, else through the running agent.
///
/// # Errors
/// When they are not in the journal afterwards.
pub fn record_through(
    context: &AppContext,
    access: Option<&ReadAccess>,
    notices: Vec<(NoticeCode, String)>,
) -> anyhow::Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    match access {
        Some(access) => access.record_notices(context, notices),
        None => {
            let response = call_running_agent(&context.paths, &Request::RecordNotices { notices })?;
            anyhow::ensure!(
                !response.is_refused(),
                "the running uam did not record it: {}",
                response.text()
            );
            Ok(())
        }
    }
}
