#!/usr/bin/env bash
# After the resources exist: makes the admin key and the first API key where the vault has none, and prints the first key once.
# Repeating it changes nothing. The admin key is printed only with AO_PRINT_ADMIN_KEY=true, and only when it is made.
#
# Keys are made through Azure Resource Manager: that works at once (a role on the vault's data takes minutes to hold) and when the
# vault cannot be reached from outside its network.
set -euo pipefail
umask 077

for name in AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP AZURE_KEY_VAULT_NAME SERVICE_API_URI; do
  [ -n "${!name:-}" ] || { echo "postprovision: $name is not set; azd sets it, run this by azd" >&2; exit 1; }
done
command -v az >/dev/null || { echo "postprovision: the Azure CLI (az) is needed" >&2; exit 1; }
az account show --output none 2>/dev/null || { echo "postprovision: az is not signed in; run az login" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

secret_url() {
  echo "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.KeyVault/vaults/$AZURE_KEY_VAULT_NAME/secrets/$1?api-version=2024-11-01"
}

# Anything but "there is none" ends the hook: a key that exists must not be replaced because it could not be seen.
has_secret() {
  if az rest --method get --url "$(secret_url "$1")" --output none 2>"$work/error"; then return 0; fi
  if grep -Eiq 'NotFound|Not Found' "$work/error"; then return 1; fi
  cat "$work/error" >&2
  exit 1
}

new_key() {
  local random
  random=$(head -c 1024 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9' | cut -c 1-43)
  [ "${#random}" = 43 ] || { echo "postprovision: no randomness" >&2; exit 1; }
  echo "$1$random"
}

# The value goes by a file that only we may read: arguments can be seen by everybody on the machine.
put_secret() {
  printf '{"properties":{"value":"%s"}}' "$2" >"$work/body"
  az rest --method put --url "$(secret_url "$1")" --body "@$work/body" --output none
  rm -f "$work/body"
}

how_to_read() { echo "az keyvault secret show --vault-name $AZURE_KEY_VAULT_NAME --name $1 --query value --output tsv"; }

echo "AiOrchestrator: $SERVICE_API_URI"
if has_secret ao-admin-key; then
  echo "Admin key: kept."
else
  key=$(new_key 'ao-admin-')
  put_secret ao-admin-key "$key"
  echo "Admin key: made."
  if [ "${AO_PRINT_ADMIN_KEY:-}" = true ]; then echo "  $key"; fi
fi
echo "  Read it with: $(how_to_read ao-admin-key)"

if has_secret ao-bootstrap-key; then
  echo "First API key: kept."
else
  key=$(new_key 'sk-ao-')
  put_secret ao-bootstrap-key "$key"
  echo "First API key, shown this once:"
  echo "  $key"
fi
echo "  Read it with: $(how_to_read ao-bootstrap-key)"

if [ "${VNET_ENABLED:-}" = true ]; then
  echo "The vault can be read from inside its network only."
fi
