// A first provider. The gateway reaches providers by key (by identity comes later), so this resource alone has keys, and its key
// goes straight into the vault.

param name string
param location string
param tags object
param vaultName string
param modelName string
param modelVersion string

@description('Thousands of tokens a minute.')
@minValue(1)
param modelCapacity int
param publicAccess bool

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: {
    name: 'S0'
  }
  properties: {
    customSubDomainName: name
    disableLocalAuth: false
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

// The deployment is called like the model, so callers and the price file name it as they do OpenAI's.
resource model 'Microsoft.CognitiveServices/accounts/deployments@2025-06-01' = {
  parent: account
  name: modelName
  sku: {
    name: 'GlobalStandard'
    capacity: modelCapacity
  }
  properties: {
    model: {
      format: 'OpenAI'
      name: modelName
      version: modelVersion
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource key 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'azure-openai-api-key'
  properties: {
    value: account.listKeys().key1
  }
}

output id string = account.id
output name string = account.name
output baseUrl string = '${account.properties.endpoint}openai/v1'
output modelName string = model.name
