// The Azure head in a resource group of its own. docs/operations/azure.md says how to deploy it and what each switch means.

targetScope = 'subscription'

@description('Names the environment and, hashed, everything in it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('A region that has Flex Consumption and the Durable Task Scheduler.')
@minLength(1)
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Who deploys: may read and write the data, for development. Empty: nobody but the gateway.')
param principalId string = ''

@description('True: nothing but the gateway itself can be reached from outside a network made for it.')
param vnetEnabled bool = false

@description('DurableTaskScheduler, or AzureStorage: wallets in the storage account, with a tenth of the throughput.')
@allowed([
  'DurableTaskScheduler'
  'AzureStorage'
])
param durableBackend string = 'DurableTaskScheduler'

@description('Consumption: 500 actions a second, paid by the action. Dedicated: 2,000 for each capacity unit.')
@allowed([
  'Consumption'
  'Dedicated'
])
param durableSku string = 'Consumption'

@description('With Dedicated: capacity units.')
param durableCapacity int = 1

@description('serverless: paid by the request unit. autoscale: for steady load, and several zones.')
@allowed([
  'serverless'
  'autoscale'
])
param cosmosCapacity string = 'serverless'

@description('With autoscale: most request units a second.')
param cosmosMaximumThroughput int = 4000

@description('With autoscale: several availability zones.')
param cosmosZoneRedundant bool = false

@description('How the gateway connects to Cosmos DB.')
@allowed([
  'direct'
  'gateway'
])
param cosmosMode string = 'direct'

@description('Event Hubs throughput units.')
param eventHubThroughputUnits int = 1

@description('Event Hubs grows by itself up to so many; 0: does not.')
param eventHubMaximumThroughputUnits int = 4

@description('Partitions of the usage hub. Cannot be changed later.')
param eventHubPartitions int = 8

@description('How long usage events can be read again, in hours.')
param eventHubRetentionHours int = 168

@description('AI Search, for the semantic cache of all instances. A fixed price by the hour.')
param deploySearch bool = true

@description('Size of AI Search.')
@allowed([
  'basic'
  'standard'
])
param searchSku string = 'basic'

@description('Azure OpenAI as a first provider.')
param deployOpenAi bool = false

@description('Its model; the deployment is called the same.')
param openAiModelName string = 'gpt-5-mini'

@description('Its version.')
param openAiModelVersion string = '2025-08-07'

@description('Its thousands of tokens a minute.')
param openAiModelCapacity int = 50

@description('Memory of an instance; 2048 has one processor.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('The most instances of each group.')
param maximumInstanceCount int = 100

@description('Calls under way in an instance before another is started.')
param httpConcurrency int = 100

@description('Instances for HTTP that never stop.')
param alwaysReadyHttp int = 1

@description('Instances for wallets that never stop.')
param alwaysReadyDurable int = 1

@description('The limit of the first wallet, in US dollars.')
param bootstrapLimitUsd string = '10'

@description('A vault that cannot be deleted for good. Once on, it stays on.')
param keyVaultPurgeProtection bool = false

@description('Redundancy of the storage account, such as Standard_LRS or Standard_ZRS.')
param storageSku string = 'Standard_LRS'

@description('How long telemetry is kept, in days.')
param logRetentionDays int = 30

@description('Most gigabytes of telemetry a day; -1: no bound.')
param logDailyQuotaGb int = 5

@description('Whom alerts are sent to. Empty: there are none.')
param alertEmail string = ''

var abbreviations = loadJsonContent('./abbreviations.json')
// Every option of the gateway that is the same wherever it runs, with its default: to be changed there (docs/operations/options.md).
var options = loadJsonContent('./settings.json')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}
var publicAccess = !vnetEnabled
var usesScheduler = durableBackend == 'DurableTaskScheduler'
var taskHubName = 'aiorchestrator'
var databaseName = 'aiorchestrator'
var blobContainer = 'aiorchestrator'
var usageHub = 'usage'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourcesResourceGroups}${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}${resourceToken}'
    location: location
    tags: tags
  }
}

module monitoring 'app/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${resourceToken}'
    componentName: '${abbreviations.insightsComponents}${resourceToken}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

module storage 'app/storage.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}${resourceToken}'
    location: location
    tags: tags
    deploymentContainer: 'deployment'
    dataContainer: blobContainer
    sku: storageSku
    publicAccess: publicAccess
  }
}

module eventHubs 'app/eventhubs.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.eventHubNamespaces}${resourceToken}'
    location: location
    tags: tags
    throughputUnits: eventHubThroughputUnits
    maximumThroughputUnits: eventHubMaximumThroughputUnits
    usagePartitions: eventHubPartitions
    retentionHours: eventHubRetentionHours
    usageHub: usageHub
    auditHub: 'audit'
    consumerGroup: 'analytics'
    publicAccess: publicAccess
  }
}

module cosmos 'app/cosmos.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.documentDBDatabaseAccounts}${resourceToken}'
    location: location
    tags: tags
    databaseName: databaseName
    capacity: cosmosCapacity
    maximumThroughput: cosmosMaximumThroughput
    zoneRedundant: cosmosZoneRedundant
    publicAccess: publicAccess
  }
}

module cosmosContainers 'app/cosmosContainers.bicep' = {
  scope: group
  params: {
    accountName: cosmos.outputs.name
    databaseName: cosmos.outputs.databaseName
  }
}

module vault 'app/vault.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.keyVaultVaults}${resourceToken}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    purgeProtection: keyVaultPurgeProtection
    publicAccess: publicAccess
  }
}

module durable 'app/durable.bicep' = if (usesScheduler) {
  scope: group
  params: {
    name: '${abbreviations.durableTaskSchedulers}${resourceToken}'
    location: location
    tags: tags
    taskHubName: taskHubName
    sku: durableSku
    capacity: durableCapacity
    publicAccess: publicAccess
  }
}

module search 'app/search.bicep' = if (deploySearch) {
  scope: group
  params: {
    name: '${abbreviations.searchSearchServices}${resourceToken}'
    location: location
    tags: tags
    sku: searchSku
    publicAccess: publicAccess
  }
}

module openAi 'app/openai.bicep' = if (deployOpenAi) {
  scope: group
  params: {
    name: '${abbreviations.cognitiveServicesAccounts}${resourceToken}'
    location: location
    tags: tags
    vaultName: vault.outputs.name
    modelName: openAiModelName
    modelVersion: openAiModelVersion
    modelCapacity: openAiModelCapacity
    publicAccess: publicAccess
  }
}

module rolesOfGateway 'app/roles.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
    person: false
    storageName: storage.outputs.name
    eventHubsName: eventHubs.outputs.name
    cosmosName: cosmos.outputs.name
    vaultName: vault.outputs.name
    componentName: monitoring.outputs.componentName
    schedulerName: usesScheduler ? durable!.outputs.name : ''
    searchName: deploySearch ? search!.outputs.name : ''
    openAiName: deployOpenAi ? openAi!.outputs.name : ''
  }
}

// After the gateway's: Cosmos DB takes one change of roles at a time.
module rolesOfPerson 'app/roles.bicep' = if (!empty(principalId)) {
  scope: group
  params: {
    principalId: principalId
    person: true
    storageName: storage.outputs.name
    eventHubsName: eventHubs.outputs.name
    cosmosName: cosmos.outputs.name
    vaultName: vault.outputs.name
    componentName: monitoring.outputs.componentName
    schedulerName: usesScheduler ? durable!.outputs.name : ''
    searchName: deploySearch ? search!.outputs.name : ''
    openAiName: deployOpenAi ? openAi!.outputs.name : ''
  }
  dependsOn: [
    rolesOfGateway
  ]
}

module network 'app/network.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: '${abbreviations.networkVirtualNetworks}${resourceToken}'
    location: location
    tags: tags
  }
}

module privateLinks 'app/privateLinks.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    location: location
    tags: tags
    namePrefix: '${abbreviations.networkPrivateEndpoints}${resourceToken}-'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
    cosmosId: cosmos.outputs.id
    eventHubsId: eventHubs.outputs.id
    schedulerId: usesScheduler ? durable!.outputs.id : ''
    searchId: deploySearch ? search!.outputs.id : ''
    openAiId: deployOpenAi ? openAi!.outputs.id : ''
  }
  // Cosmos DB takes one change of an account at a time.
  dependsOn: [
    cosmosContainers
    rolesOfGateway
    rolesOfPerson
  ]
}

module plan 'app/plan.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.webServerFarms}${resourceToken}'
    location: location
    tags: tags
  }
}

var durableSettings = usesScheduler
  ? {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${durable!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identity.outputs.clientId}'
    }
  : {
      // These take the place of host.json's.
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'AzureStorage'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'AzureWebJobsStorage'
      // An instance that does not hold a wallet's partition is answered when its holder looks into the queue: every 30 s by default.
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval: '00:00:01'
    }

module api 'app/api.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.webSitesFunctions}${resourceToken}'
    location: location
    tags: tags
    planId: plan.outputs.id
    identityId: identity.outputs.id
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyDurable: alwaysReadyDurable
    appSettings: union(options, durableSettings, {
      AzureWebJobsStorage__accountName: storage.outputs.name
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.outputs.clientId
      EventHubConnection__fullyQualifiedNamespace: eventHubs.outputs.fullyQualifiedNamespace
      EventHubConnection__credential: 'managedidentity'
      EventHubConnection__clientId: identity.outputs.clientId
      TASKHUB_NAME: taskHubName
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
      AZURE_CLIENT_ID: identity.outputs.clientId
      AO_Azure__CosmosEndpoint: cosmos.outputs.endpoint
      AO_Azure__CosmosDatabase: cosmos.outputs.databaseName
      AO_Azure__CosmosMode: cosmosMode
      AO_Azure__EventHubsNamespace: eventHubs.outputs.fullyQualifiedNamespace
      AO_Azure__UsageHub: usageHub
      AO_Azure__VaultUri: vault.outputs.uri
      AO_Azure__BlobServiceUri: storage.outputs.blobEndpoint
      AO_Azure__BlobContainer: blobContainer
      AO_Azure__SearchEndpoint: deploySearch ? search!.outputs.endpoint : ''
      AO_ADMIN_KEY_REF: 'kv:ao-admin-key'
      AO_BOOTSTRAP_KEY_REF: 'kv:ao-bootstrap-key'
      AO_BOOTSTRAP_LIMIT_USD: bootstrapLimitUsd
    })
  }
  // What starts before it may read its secrets, or before there is a way to them, would fail until it is tried again.
  dependsOn: [
    rolesOfGateway
    cosmosContainers
    privateLinks
  ]
}

module alerts 'app/alerts.bicep' = if (!empty(alertEmail)) {
  scope: group
  params: {
    actionGroupName: '${abbreviations.insightsActionGroups}${resourceToken}'
    location: location
    tags: tags
    email: alertEmail
    workspaceId: monitoring.outputs.workspaceId
    eventHubsId: eventHubs.outputs.id
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CLIENT_ID string = identity.outputs.clientId
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_KEY_VAULT_URI string = vault.outputs.uri
output AZURE_COSMOS_ENDPOINT string = cosmos.outputs.endpoint
output AZURE_EVENT_HUBS_NAMESPACE string = eventHubs.outputs.fullyQualifiedNamespace
output AZURE_STORAGE_ACCOUNT_NAME string = storage.outputs.name
output AZURE_BLOB_CONTAINER string = blobContainer
output AZURE_DURABLE_TASK_SCHEDULER_NAME string = usesScheduler ? durable!.outputs.name : ''
output AZURE_SEARCH_NAME string = deploySearch ? search!.outputs.name : ''
output AZURE_OPENAI_BASE_URL string = deployOpenAi ? openAi!.outputs.baseUrl : ''
output AZURE_OPENAI_MODEL string = deployOpenAi ? openAi!.outputs.modelName : ''
output VNET_ENABLED bool = vnetEnabled
output SERVICE_API_NAME string = api.outputs.name
output SERVICE_API_URI string = api.outputs.uri
