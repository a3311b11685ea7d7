//! Where the keys come from: variables, a web identity, a profile, or the role of the machine.

use super::config_error::ConfigError;
use super::credentials::Credentials;
use super::profile::AwsProfile;
use super::secret::SecretText;
use super::validate::check_service;
use super::variables::Variables;
use super::vars;

/// The address at which EC2 gives a machine the keys of its role.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>
const EC2: &str = "http://169.254.169.254";

/// The first of: a key in the variables, a web identity, a profile that was named, the machine's role where that was
/// chosen, the profile `default`. With the profile, where it is that one.
pub(super) fn choose_credentials(
    given: &Variables<'_>,
    bucket: &str,
) -> Result<(Credentials, Option<AwsProfile>), ConfigError> {
    match (
        given.plain_value(vars::ACCESS_KEY)?,
        given.plain_value(vars::SECRET_KEY)?,
    ) {
        (Some(access_key), Some(secret_key)) => {
            let keys = Credentials::Keys {
                access_key,
                secret_key: SecretText(secret_key),
                session_token: given.plain_value(vars::TOKEN)?.map(SecretText),
                profile: None,
            };
            return Ok((keys, None));
        }
        (Some(_), None) => {
            return Err(ConfigError::missing_half(
                vars::SECRET_KEY,
                vars::ACCESS_KEY,
            ));
        }
        (None, Some(_)) => {
            return Err(ConfigError::missing_half(
                vars::ACCESS_KEY,
                vars::SECRET_KEY,
            ));
        }
        (None, None) => {}
    }
    if let Some(identity) = read_web_identity(given)? {
        return Ok((identity, None));
    }
    let named = given.trimmed(vars::PROFILE).is_some();
    if !named && let Some(machine) = read_instance_role(given)? {
        return Ok((machine, None));
    }
    if let Some(profile) = AwsProfile::read(given)? {
        return Ok((profile.credentials()?, Some(profile)));
    }
    Err(ConfigError::new(
        vars::ACCESS_KEY,
        format!("is not set, but the bucket {bucket} is"),
        format!(
            "Set {} and {} of a key that may write to it, or {} for a profile in ~/.aws/credentials.",
            vars::ACCESS_KEY,
            vars::SECRET_KEY,
            vars::PROFILE
        ),
    ))
}

fn read_web_identity(given: &Variables<'_>) -> Result<Option<Credentials>, ConfigError> {
    let Some(file) = given.trimmed(vars::TOKEN_FILE) else {
        return Ok(None);
    };
    let role = given
        .plain_value(vars::ROLE)?
        .ok_or_else(|| ConfigError::missing_half(vars::ROLE, vars::TOKEN_FILE))?;
    // Its content is read when it is exchanged; a wrong name should be reported before the first record.
    std::fs::File::open(&file).map_err(|e| {
        ConfigError::new(
            vars::TOKEN_FILE,
            format!("names {file}, which cannot be read ({e})"),
            "Give the file that holds the token, and let this user read it.",
        )
    })?;
    Ok(Some(Credentials::WebIdentity {
        token_file: file.into(),
        role,
        session: given
            .plain_value(vars::ROLE_SESSION)?
            .unwrap_or_else(|| "uam".into()),
        service: given
            .plain_value(vars::STS)?
            .map(|text| check_service(&text, vars::STS, false))
            .transpose()?,
    }))
}

fn read_instance_role(given: &Variables<'_>) -> Result<Option<Credentials>, ConfigError> {
    match given.trimmed(vars::NO_METADATA).as_deref() {
        None | Some("true") => Ok(None),
        Some("false") => {
            let address = given
                .plain_value(vars::METADATA)?
                .unwrap_or_else(|| EC2.into());
            let service = check_service(&address, vars::METADATA, true)?;
            Ok(Some(Credentials::Instance { service }))
        }
        Some(_) => Err(ConfigError::new(
            vars::NO_METADATA,
            "is neither true nor false",
            "Write false to sign with the role of this (EC2) machine, or remove it.",
        )),
    }
}
