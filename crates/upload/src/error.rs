//! The errors on the way to a sink, by kind.

use std::io;
use std::time::Duration;
use thiserror::Error;

/// A clock this far off is reported as the cause of a refusal. S3 refuses requests dated more than 15 minutes off.
pub(crate) const SKEW_LIMIT_S: i64 = 14 * 60;

/// Why a sink did not take or give an object.
///
/// [`SinkError::is_permanent`] says whether waiting can help; [`SinkError::hint`] is the remedy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SinkError {
    /// The store does not know the access key, or the secret key does not belong to it.
    #[error("the store does not accept the access key or its secret ({code})")]
    WrongKey {
        /// S3 error code.
        code: String,
    },
    /// The key is known but may not do this.
    #[error("the store does not allow this key to {doing} ({code})")]
    AccessDenied {
        /// The operation: `write`, `read` or `delete`.
        doing: &'static str,
        /// S3 error code, or the HTTP status where there was none.
        code: String,
    },
    /// The session token has run out.
    #[error("the session token has expired")]
    ExpiredToken,
    /// There is no such bucket.
    #[error("there is no bucket named {bucket}")]
    NoBucket {
        /// Its name.
        bucket: String,
    },
    /// Anyone can list the objects in the bucket.
    #[error("anyone can list the objects in the bucket {bucket}, so nothing is uploaded")]
    PublicBucket {
        /// Its name.
        bucket: String,
    },
    /// No key to sign with: the service that gives out keys gave none.
    #[error("there is no access key to sign requests with: {what}")]
    NoCredentials {
        /// The answer; never a secret.
        what: String,
    },
    /// The bucket is in another region.
    #[error("the bucket is in another region{}", expected.as_ref().map(|r| format!(", {r}")).unwrap_or_default())]
    WrongRegion {
        /// The region the store named.
        expected: Option<String>,
    },
    /// This computer's clock is off, so the store refuses its signatures.
    #[error("this computer's clock is {} the store's, so the store refuses its signatures", offset_words(*.ahead_s))]
    SkewedClock {
        /// This computer's clock minus the store's, in seconds; `None` when the store did not say its time.
        ahead_s: Option<i64>,
    },
    /// The store's certificate is not trusted, or this computer has no root certificates.
    #[error("no secure connection to the store: {what}")]
    Tls {
        /// The words of TLS.
        what: String,
    },
    /// No connection to the store.
    #[error("the store cannot be reached: {what}")]
    Unreachable {
        /// The words of the network.
        what: String,
    },
    /// No answer in time.
    #[error("the store did not answer in time")]
    Timeout,
    /// The connection broke; whether the object was stored is not known.
    #[error("the connection to the store broke: {what}")]
    Interrupted {
        /// The words of the network.
        what: String,
    },
    /// Too many requests.
    #[error("the store asks to slow down")]
    Throttled {
        /// How long it asked to wait.
        retry_after: Option<Duration>,
    },
    /// The store failed.
    #[error("the store failed ({status} {code})")]
    Server {
        /// HTTP status, 5xx.
        status: u16,
        /// S3 error code, or empty.
        code: String,
    },
    /// The answer is not an object store's.
    #[error("the answer did not come from an object store: {what}")]
    BadAnswer {
        /// The sign of it.
        what: String,
    },
    /// Another writer was at the same key; nothing was stored.
    #[error("another request for the same object was under way")]
    Conflict,
    /// The bytes changed on the way and the store noticed.
    #[error("the object was damaged on its way to the store")]
    Damaged,
    /// There is an object of that key with other content.
    #[error("the store already has another object named {key}")]
    Different {
        /// The key, without the prefix.
        key: String,
    },
    /// There is no room left.
    #[error("there is no space left in {place}")]
    NoSpace {
        /// Where.
        place: String,
    },
    /// The directory cannot be used.
    #[error("cannot use the directory {place}: {what}")]
    Disk {
        /// The directory.
        place: String,
        /// The operating system's kind of error.
        kind: io::ErrorKind,
        /// The words of the operating system.
        what: String,
    },
    /// The store refused for another reason.
    #[error("the store refused the request ({status} {code})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// S3 error code, or empty.
        code: String,
    },
    /// Something no other kind describes.
    #[error("the store's client failed: {what}")]
    Other {
        /// The words of the error.
        what: String,
    },
}

impl SinkError {
    /// True when waiting cannot help: somebody must mend something first. Uploading then only looks again now and then.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::WrongKey { .. }
            | Self::AccessDenied { .. }
            | Self::ExpiredToken
            | Self::NoBucket { .. }
            | Self::PublicBucket { .. }
            | Self::NoCredentials { .. }
            | Self::WrongRegion { .. }
            | Self::SkewedClock { .. }
            | Self::Tls { .. }
            | Self::Different { .. }
            | Self::NoSpace { .. }
            | Self::Disk { .. }
            | Self::Refused { .. } => true,
            Self::Unreachable { .. }
            | Self::Timeout
            | Self::Interrupted { .. }
            | Self::Throttled { .. }
            | Self::Server { .. }
            | Self::BadAnswer { .. }
            | Self::Conflict
            | Self::Damaged
            | Self::Other { .. } => false,
        }
    }

    /// How long the store asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// The remedy, as one sentence. Recording goes on meanwhile; the outbox keeps everything not yet delivered.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::WrongKey { .. } => {
                "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that AWS_ENDPOINT_URL is the store they belong to.".into()
            }
            Self::AccessDenied { doing: "delete", .. } => {
                "Only the owner of the storage, or a key with s3:DeleteObject, can delete it.".into()
            }
            Self::AccessDenied { doing, .. } => format!(
                "Allow this key to {doing} under the prefix (s3:PutObject; s3:GetObject so that a put whose answer was lost can be confirmed)."
            ),
            Self::ExpiredToken => {
                "Get a new session token, or use a key that does not expire.".into()
            }
            Self::NoBucket { .. } => {
                "Check S3_BUCKET_NAME and AWS_ENDPOINT_URL, or create the bucket.".into()
            }
            Self::PublicBucket { .. } => {
                "Block public access to the bucket and remove ListBucket for everyone from its policy; uploading resumes by itself.".into()
            }
            Self::NoCredentials { .. } => {
                "Check that this machine has a role, or that the role trusts the token and AWS_ROLE_ARN is right; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.".into()
            }
            Self::WrongRegion { expected } => match expected {
                Some(region) => format!("Set AWS_REGION={region}."),
                None => "Set AWS_REGION to the bucket's region.".into(),
            },
            Self::SkewedClock { .. } => {
                "Set this computer's clock (switch automatic time on); uploading resumes by itself.".into()
            }
            Self::Tls { .. } => {
                "Install the system's root certificates (package ca-certificates) and check AWS_ENDPOINT_URL and the clock.".into()
            }
            Self::Unreachable { .. } => {
                "Check the network and AWS_ENDPOINT_URL; uploading resumes by itself.".into()
            }
            Self::Timeout
            | Self::Interrupted { .. }
            | Self::Throttled { .. }
            | Self::Server { .. }
            | Self::Conflict
            | Self::Damaged
            | Self::Other { .. } => "Nothing to do: uam tries again by itself.".into(),
            Self::BadAnswer { .. } => {
                "Log in to the network if it asks for that, and check AWS_ENDPOINT_URL; uploading resumes by itself.".into()
            }
            Self::Different { key } => {
                format!("Look at the object {key} in the bucket; move it away if it is not yours.")
            }
            Self::NoSpace { .. } => "Make room, or choose another destination.".into(),
            Self::Disk { .. } => {
                "Check that the directory exists and that you may write to it, or choose another destination.".into()
            }
            Self::Refused { code, .. } => {
                format!("Look up {code} in the store's manual; check the bucket's policy and AWS_ENDPOINT_URL.")
            }
        }
    }
}

/// `2 h 5 min ahead of`, for the message about the clock.
fn offset_words(ahead_s: Option<i64>) -> String {
    let Some(ahead_s) = ahead_s else {
        return "far from".into();
    };
    let minutes = ahead_s.unsigned_abs().div_ceil(60);
    let (hours, rest) = (minutes / 60, minutes % 60);
    let (days, hours) = (hours / 24, hours % 24);
    let mut words: Vec<String> = Vec::new();
    for (n, unit) in [(days, "d"), (hours, "h"), (rest, "min")] {
        if n > 0 {
            words.push(format!("{n} {unit}"));
        }
    }
    if words.is_empty() {
        return "level with".into();
    }
    let direction = if ahead_s > 0 { "ahead of" } else { "behind" };
    format!("{} {direction}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_message_says_how_far_and_which_way() {
        let say = |s| SinkError::SkewedClock { ahead_s: s }.to_string();
        assert_eq!(
            say(Some(7500)),
            "this computer's clock is 2 h 5 min ahead of the store's, so the store refuses its signatures"
        );
        assert!(say(Some(-86_400)).contains("is 1 d behind the store's"));
        assert!(say(None).contains("is far from the store's"));
    }
}
