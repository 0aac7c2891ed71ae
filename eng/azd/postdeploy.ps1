# postdeploy.sh for Windows: the first calls to try. With Azure OpenAI deployed, adds it as a provider.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

foreach ($name in 'AZURE_KEY_VAULT_NAME', 'SERVICE_API_URI') {
    if (-not [Environment]::GetEnvironmentVariable($name)) { throw "postdeploy: $name is not set; azd sets it, run this by azd" }
}
$uri = $env:SERVICE_API_URI.TrimEnd('/')
$readKey = "az keyvault secret show --vault-name $env:AZURE_KEY_VAULT_NAME --query value --output tsv --name"

# What went wrong is told and does not undo a deployment that went well.
function Add-Provider {
    $row = @{
        id = 'azure-openai'; base_url = $env:AZURE_OPENAI_BASE_URL; api_key_ref = 'kv:azure-openai-api-key'
        price_provider = 'openai'; models = @(@{ id = $env:AZURE_OPENAI_MODEL })
    } | ConvertTo-Json -Depth 4 -Compress
    $admin = az keyvault secret show --vault-name $env:AZURE_KEY_VAULT_NAME --query value --output tsv --name ao-admin-key 2>$null
    if ($LASTEXITCODE -ne 0 -or -not $admin) {
        Write-Output 'Azure OpenAI: the admin key cannot be read from here. From where it can, POST this to /control/v1/providers:'
        Write-Output "  $row"
        return
    }
    try {
        # The first request waits for an instance.
        $answer = Invoke-WebRequest -Method Post -Uri "$uri/control/v1/providers" -Headers @{ Authorization = "Bearer $admin" } `
            -ContentType 'application/json' -Body $row -SkipHttpErrorCheck -MaximumRetryCount 5 -RetryIntervalSec 5 -TimeoutSec 60
        $status = $answer.StatusCode
    }
    catch {
        $status = 'unreachable'
    }
    switch ($status) {
        { $_ -in 200, 201 } { Write-Output 'Azure OpenAI: added as the provider azure-openai.' }
        409 { Write-Output 'Azure OpenAI: the provider azure-openai is there.' }
        default { Write-Output "Azure OpenAI: not added ($status). GET $uri/ready says what is missing; then run azd hooks run postdeploy." }
    }
}

if ($env:AZURE_OPENAI_BASE_URL) { Add-Provider }

Write-Output 'Try it:'
Write-Output "  curl.exe $uri/health"
Write-Output "  `$key = $readKey ao-bootstrap-key"
Write-Output "  Invoke-RestMethod $uri/v1/chat/completions -Method Post -Headers @{ Authorization = `"Bearer `$key`" } -ContentType application/json -Body '{`"model`":`"echo`",`"messages`":[{`"role`":`"user`",`"content`":`"Hello`"}]}'"
if ($env:AZURE_OPENAI_BASE_URL) { Write-Output "The same with the model $env:AZURE_OPENAI_MODEL asks Azure OpenAI." }
