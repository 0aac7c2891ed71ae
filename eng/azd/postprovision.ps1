# postprovision.sh for Windows: makes the admin key and the first API key where the vault has none, and prints the first key once.
# Repeating it changes nothing. The admin key is printed only with AO_PRINT_ADMIN_KEY=true, and only when it is made.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

foreach ($name in 'AZURE_SUBSCRIPTION_ID', 'AZURE_RESOURCE_GROUP', 'AZURE_KEY_VAULT_NAME', 'SERVICE_API_URI') {
    if (-not [Environment]::GetEnvironmentVariable($name)) { throw "postprovision: $name is not set; azd sets it, run this by azd" }
}
if (-not (Get-Command az -ErrorAction SilentlyContinue)) { throw 'postprovision: the Azure CLI (az) is needed' }
az account show --output none 2>$null
if ($LASTEXITCODE -ne 0) { throw 'postprovision: az is not signed in; run az login' }

$vault = $env:AZURE_KEY_VAULT_NAME

function Get-SecretUrl($name) {
    "/subscriptions/$env:AZURE_SUBSCRIPTION_ID/resourceGroups/$env:AZURE_RESOURCE_GROUP/providers/Microsoft.KeyVault/vaults/$vault/secrets/${name}?api-version=2024-11-01"
}

# Anything but "there is none" ends the hook: a key that exists must not be replaced because it could not be seen.
function Test-Secret($name) {
    $answer = az rest --method get --url (Get-SecretUrl $name) --output none 2>&1 | Out-String
    if ($LASTEXITCODE -eq 0) { return $true }
    if ($answer -match 'NotFound|Not Found') { return $false }
    throw $answer
}

function New-Key($prefix) {
    $characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
    $random = 1..43 | ForEach-Object { $characters[[System.Security.Cryptography.RandomNumberGenerator]::GetInt32($characters.Length)] }
    $prefix + (-join $random)
}

# The value goes by a file: arguments can be seen by everybody on the machine.
function Set-Secret($name, $value) {
    $body = [System.IO.Path]::GetTempFileName()
    try {
        [System.IO.File]::WriteAllText($body, "{""properties"":{""value"":""$value""}}")
        az rest --method put --url (Get-SecretUrl $name) --body "@$body" --output none
        if ($LASTEXITCODE -ne 0) { throw "postprovision: $name could not be written" }
    }
    finally {
        Remove-Item $body
    }
}

function Get-HowToRead($name) { "az keyvault secret show --vault-name $vault --name $name --query value --output tsv" }

Write-Output "AiOrchestrator: $env:SERVICE_API_URI"
if (Test-Secret 'ao-admin-key') {
    Write-Output 'Admin key: kept.'
}
else {
    $key = New-Key 'ao-admin-'
    Set-Secret 'ao-admin-key' $key
    Write-Output 'Admin key: made.'
    if ($env:AO_PRINT_ADMIN_KEY -eq 'true') { Write-Output "  $key" }
}
Write-Output "  Read it with: $(Get-HowToRead 'ao-admin-key')"

if (Test-Secret 'ao-bootstrap-key') {
    Write-Output 'First API key: kept.'
}
else {
    $key = New-Key 'sk-ao-'
    Set-Secret 'ao-bootstrap-key' $key
    Write-Output 'First API key, shown this once:'
    Write-Output "  $key"
}
Write-Output "  Read it with: $(Get-HowToRead 'ao-bootstrap-key')"

if ($env:VNET_ENABLED -eq 'true') { Write-Output 'The vault can be read from inside its network only.' }
