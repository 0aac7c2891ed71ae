#!/usr/bin/env bash
# After the program is there: the first calls to try. With Azure OpenAI deployed, adds it as a provider.
set -euo pipefail

for name in AZURE_KEY_VAULT_NAME SERVICE_API_URI; do
  [ -n "${!name:-}" ] || { echo "postdeploy: $name is not set; azd sets it, run this by azd" >&2; exit 1; }
done
uri=${SERVICE_API_URI%/}
model="echo"

read_key="az keyvault secret show --vault-name $AZURE_KEY_VAULT_NAME --query value --output tsv --name"

provider_row() {
  cat <<JSON
{"id": "azure-openai", "base_url": "$AZURE_OPENAI_BASE_URL", "api_key_ref": "kv:azure-openai-api-key", "price_provider": "openai", "models": [{"id": "$AZURE_OPENAI_MODEL"}]}
JSON
}

# What went wrong is told and does not undo a deployment that went well.
add_provider() {
  local admin status
  if ! admin=$($read_key ao-admin-key 2>/dev/null) || [ -z "$admin" ]; then
    echo "Azure OpenAI: the admin key cannot be read from here. From where it can, send:"
    echo "  curl $uri/control/v1/providers -H \"Authorization: Bearer \$($read_key ao-admin-key)\" -H 'Content-Type: application/json' -d '$(provider_row)'"
    return
  fi
  # The first request waits for an instance. The key goes by standard input: arguments can be seen by everybody on the machine.
  status=$(printf 'Authorization: Bearer %s\n' "$admin" | curl --silent --output /dev/null --write-out '%{http_code}' \
    --retry 5 --retry-connrefused --max-time 60 --header @- --header 'Content-Type: application/json' \
    --data "$(provider_row)" "$uri/control/v1/providers") || status=unreachable
  case "$status" in
    201 | 200) echo "Azure OpenAI: added as the provider azure-openai." ;;
    409) echo "Azure OpenAI: the provider azure-openai is there." ;;
    *) echo "Azure OpenAI: not added ($status). GET $uri/ready says what is missing; then run azd hooks run postdeploy." ;;
  esac
}

if [ -n "${AZURE_OPENAI_BASE_URL:-}" ]; then
  add_provider
  model=$AZURE_OPENAI_MODEL
fi

cat <<TEXT
Try it:
  curl $uri/health
  KEY=\$($read_key ao-bootstrap-key)
  curl $uri/v1/chat/completions -H "Authorization: Bearer \$KEY" -H "Content-Type: application/json" -d '{"model":"echo","messages":[{"role":"user","content":"Hello"}]}'
TEXT
if [ "$model" != "echo" ]; then
  echo "The same with \"model\":\"$model\" asks Azure OpenAI."
fi
