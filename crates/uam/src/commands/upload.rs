//! `uam upload`: uploads the waiting objects once, then applies the retention rule to old screenshots.

use crate::output;
use agent::AppContext;
use agent::uploader::{self, UploadOptions};
use anyhow::Context;
use model::{DeviceId, ErrorKind, Timestamp, UserError};
use settings::{EnvVars, Settings};
use std::process::ExitCode;
use upload::Destination;

pub(super) fn run(
    context: &AppContext,
    now: bool,
    json: bool,
    lease: bool,
) -> anyhow::Result<ExitCode> {
    let opener = lease.then(uploader::read_lease).transpose()?;
    let options = UploadOptions {
        now,
        is_alive: json,
    };
    let summary = match uploader::run_upload(context, options, opener.as_ref()) {
        Ok(summary) => summary,
        // The running agent takes any failure from the summary.
        Err(e) if json => uploader::summarise_failure(&e),
        Err(e) => return Err(e),
    };
    if json {
        output::print_line(&serde_json::to_string(&summary).context("cannot print the summary")?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(problem) = summary.error {
        return Err(UserError::new(ErrorKind::Failed, problem.text, problem.hint).into());
    }
    let status = summary.to_status(Timestamp::UNIX_EPOCH, "the destination");
    output::print_line(&status.text);
    for text in [summary.describe_hold(), summary.retention.clone()]
        .into_iter()
        .flatten()
        .chain(summary.remarks)
    {
        output::print_line(&text);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the policy for this device's key.
pub(super) fn print_iam_policy(context: &AppContext) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&context.paths)?;
    let environment = EnvVars::load(&context.paths)?;
    let Destination::S3(s3) = settings::resolve_destination(&config, &environment, &context.paths)?
    else {
        return Err(UserError::usage(
            "uploads do not go to a bucket, so there is no policy to print",
            "Set up the bucket first: S3_BUCKET_NAME, or `uam config set upload.destination s3://…`.",
        ).into());
    };
    let vault = vault::Vault::open(&context.paths.vault_dir())?;
    let device = DeviceId::parse(vault.device()).context("the vault holds no valid device id")?;
    output::print_text(&upload::iam_policy::put_only_policy(
        &s3.bucket, &s3.prefix, &device,
    ));
    Ok(ExitCode::SUCCESS)
}
