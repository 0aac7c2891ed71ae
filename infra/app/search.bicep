// The vectors of the semantic cache, shared by all instances: see docs/operations/azure-cost.md for what it costs to have.

param name string
param location string
param tags object

@allowed([
  'basic'
  'standard'
])
param sku string
param publicAccess bool

resource service 'Microsoft.Search/searchServices@2025-05-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
  }
  properties: {
    disableLocalAuth: true
    hostingMode: 'Default'
    partitionCount: 1
    replicaCount: 1
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

output id string = service.id
output name string = service.name
output endpoint string = service.properties.endpoint
