-- Template of the demo's and the tests' Prosody 0.12; scripts/lib/prosody.mjs fills in the names. Loopback only,
-- and everything it writes stays under one temporary folder.
local dir = "@DIR@"

run_as_root    = true          -- test sandboxes often have root only; harmless for any other user
pidfile        = dir .. "/prosody.pid"
data_path      = dir .. "/data"
certificates   = dir .. "/certs"
admin_socket   = dir .. "/prosody.sock"

log = { { levels = { min = "info" }, to = "file", filename = dir .. "/prosody.log" } }

-- Loopback only, and ports that need no privileges.
interfaces             = { "127.0.0.1" }
local_interfaces       = { "127.0.0.1" }
c2s_ports              = { @PORT@ }       -- STARTTLS
c2s_direct_tls_ports   = { @DIRECT_TLS_PORT@ }       -- XEP-0368 direct TLS
http_ports             = { @HTTP_PORT@ }
http_interfaces        = { "127.0.0.1" }
https_ports            = { @HTTPS_PORT@ }
https_interfaces       = { "127.0.0.1" }
use_ipv6               = false
network_settings = { nagle = false }  -- with Nagle on, stanzas over 8 KiB stall 88 ms each way on loopback

ssl = { certificate = dir .. "/certs/localhost.crt", key = dir .. "/certs/localhost.key" }
https_certificate = dir .. "/certs/localhost.crt"

c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth        = false
allow_unencrypted_plain_auth = false
authentication  = "internal_hashed"      -- offers SCRAM-SHA-256; no -PLUS over TLS 1.3
password_hash   = "@PASSWORD_HASH@"
storage         = "internal"

modules_enabled = {
  "roster", "saslauth", "tls", "dialback", "disco",           -- the basics
  "carbons", "mam", "smacks", "csi", "csi_simple",            -- XEP-0280, 0313, 0198, 0352
  "pep", "bookmarks", "vcard4", "vcard_legacy",               -- XEP-0163, 0402/0411/0048, 0292, 0054/0398
  "blocklist", "private", "ping", "time", "version", "uptime", "lastactivity",
  "register", "register_ibr", "user_account_management",      -- XEP-0077
  "admin_shell", "admin_adhoc", "announce", "offline",
  "bosh", "websocket", "http_files",                          -- XEP-0206, RFC 7395
  "limits", "server_contact_info",
}
modules_disabled = { "s2s" }             -- no traffic to other servers; delete for a two-server test

allow_registration            = true     -- in-band registration
min_seconds_between_registrations = nil
registration_throttle_max     = 0
archive_expires_after         = "1w"
default_archive_policy        = true     -- archive every message
max_archive_query_results     = 200
smacks_hibernation_time       = 60
smacks_max_unacked_stanzas    = 0
consider_websocket_secure     = true
consider_bosh_secure          = true
http_default_host             = "localhost"
trusted_proxies               = { "127.0.0.1" }
limits = { c2s = { rate = "10mb/s", burst = "5s" } }

@EXTRA@

VirtualHost "localhost"
  ssl = { certificate = dir .. "/certs/localhost.crt", key = dir .. "/certs/localhost.key" }
  http_host = "localhost"
  disco_items = { { "upload.localhost" }, { "pubsub.localhost" } }   -- the MUC host is listed by itself
  contact_info = { abuse = { "xmpp:admin@localhost" }, admin = { "xmpp:admin@localhost" } }

Component "conference.localhost" "muc"
  name = "Test rooms"
  modules_enabled = { "muc_mam" }        -- add "vcard_muc" when prosody-modules is installed
  muc_log_by_default = true
  muc_log_expires_after = "1w"
  restrict_room_creation = false
  muc_room_default_public = true
  muc_room_default_persistent = false

Component "upload.localhost" "http_file_share"
  http_host = "localhost"
  http_file_share_size_limit = 16 * 1024 * 1024
  http_file_share_expires_after = 3600
  http_external_url = "https://localhost:@HTTPS_PORT@/"

Component "pubsub.localhost" "pubsub"
  pubsub_max_items = 256
  autocreate_on_publish = true
