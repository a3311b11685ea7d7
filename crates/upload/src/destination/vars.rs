//! The names read from the environment or `.env`. An empty value counts as not set.

/// Name of the bucket.
pub const BUCKET: &str = "S3_BUCKET_NAME";
/// Folder within the bucket.
pub const PREFIX: &str = "S3_PREFIX";
/// Access key id.
pub const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
/// Secret access key.
pub const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Token that goes with a temporary key.
pub const TOKEN: &str = "AWS_SESSION_TOKEN";
/// Region; `us-east-1` when not set.
pub const REGION: &str = "AWS_REGION";
/// Region, where [`REGION`] is not set.
pub const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
/// Address of a store other than Amazon's.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// Name of a profile in the files of Amazon's own tools; `default` when not set.
pub const PROFILE: &str = "AWS_PROFILE";
/// The file with the profiles' keys; `~/.aws/credentials` when not set.
pub const CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
/// The file with the profiles' settings; `~/.aws/config` when not set.
pub const CONFIG_FILE: &str = "AWS_CONFIG_FILE";
/// File with the token of a web identity, which is exchanged for keys of [`ROLE`].
pub const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
/// The role that the web identity takes on.
pub const ROLE: &str = "AWS_ROLE_ARN";
/// How the role's log names this computer; `uam` when not set.
pub const ROLE_SESSION: &str = "AWS_ROLE_SESSION_NAME";
/// Address of the service that exchanges tokens for keys; Amazon's when not set.
pub const STS: &str = "AWS_ENDPOINT_URL_STS";
/// `false` chooses the role of the machine itself (EC2 instance metadata). Never asked otherwise: on a laptop that
/// address belongs to the operator of the network.
pub const NO_METADATA: &str = "AWS_EC2_METADATA_DISABLED";
/// Address of the metadata service; that of EC2 when not set.
pub const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/// Certificates (PEM) to trust instead of the system's.
pub const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// The same, where [`CA_BUNDLE`] is not set.
pub const CERT_FILE: &str = "SSL_CERT_FILE";
/// Proxies by the scheme of the store's address, then for both; the lower-case names come first, as in curl.
pub const PROXIES: [&str; 6] = [
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
];
/// Hosts that are reached without a proxy.
pub const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// The user's own folder, in which `.aws` lies. Not looked up in `.env`; the caller answers it.
pub const HOME: &str = "HOME";
/// All that may stand in the environment or `.env`.
pub const ALL: [&str; 27] = [
    BUCKET,
    PREFIX,
    ACCESS_KEY,
    SECRET_KEY,
    TOKEN,
    REGION,
    DEFAULT_REGION,
    ENDPOINT,
    PROFILE,
    CREDENTIALS_FILE,
    CONFIG_FILE,
    TOKEN_FILE,
    ROLE,
    ROLE_SESSION,
    STS,
    NO_METADATA,
    METADATA,
    CA_BUNDLE,
    CERT_FILE,
    PROXIES[0],
    PROXIES[1],
    PROXIES[2],
    PROXIES[3],
    PROXIES[4],
    PROXIES[5],
    NO_PROXY[0],
    NO_PROXY[1],
];
