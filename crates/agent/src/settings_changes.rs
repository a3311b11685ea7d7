//! Changes of the settings that a running agent takes at once.

use crate::agent_call::call_running_agent;
use crate::app_context::AppContext;
use model::{ErrorKind, UserError};
use protocol::Request;
use recorder::ExclusionRule;
use settings::Settings;

/// Protects every window of an application from now on; the outcome in one line.
pub(crate) fn exclude_app(context: &AppContext, app: &str) -> anyhow::Result<String> {
    let rule = ExclusionRule {
        app: Some(app.to_owned()),
        ..ExclusionRule::default()
    };
    Ok(add_exclusion_rule(context, &rule)?.join(" "))
}

/// Adds an exclusion rule to the settings file and makes the running agent take it; the lines to print.
///
/// # Errors
/// When the rule or the settings file is not valid, or the running agent does not answer.
pub fn add_exclusion_rule(
    context: &AppContext,
    rule: &ExclusionRule,
) -> anyhow::Result<Vec<String>> {
    context.paths.create_dirs()?;
    let before = Settings::load(&context.paths)?;
    let rules = before.exclude.rules;
    if let Some(at) = rules.iter().position(|r| r == rule) {
        return Ok(vec![format!(
            "You have this rule already, as number {}: {rule}.",
            at + 1
        )]);
    }
    recorder::ExclusionRules::new(std::slice::from_ref(rule)).map_err(|_| {
        UserError::usage(
            "a rule needs at least one letter or digit in each of its parts",
            "Write the word to look for, such as: uam exclude --add-title payroll*",
        )
    })?;
    settings::add_rule(&context.paths, rule)?;
    Ok(vec![
        format!("Your rule {}: {rule}.", rules.len() + 1),
        reload_after_change(context)?,
    ])
}

/// Makes the running agent take a change that is already in the settings file: its answer, or from when the change holds
/// where none runs.
///
/// # Errors
/// When the running agent does not answer.
pub fn reload_after_change(context: &AppContext) -> anyhow::Result<String> {
    match call_running_agent(&context.paths, &Request::ReloadSettings) {
        Ok(response) => Ok(response.text().to_owned()),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => {
            Ok("It applies from the next start on.".to_owned())
        }
        Err(e) => {
            Err(e.context("the settings were changed, but the running uam did not apply them"))
        }
    }
}
