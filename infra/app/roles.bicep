// What one principal may do with the data of each resource. Nobody holds a key; whoever is not named here gets 403.

param principalId string

@description('True for somebody who deploys and develops: may write secrets. False for the gateway, which only reads them.')
param person bool
param storageName string
param eventHubsName string
param cosmosName string
param vaultName string
param componentName string

@description('Empty: wallets live in the storage account.')
param schedulerName string

@description('Empty: there is none.')
param searchName string

@description('Empty: there is none.')
param openAiName string

var role = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  eventHubsDataSender: '2b629674-e913-4c01-ae53-ef4638d8f975'
  eventHubsDataReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  cosmosDataContributor: '00000000-0000-0000-0000-000000000002'
  searchIndexDataContributor: '8ebe5a00-799e-43f5-93ac-243d3dce84a7'
  searchServiceContributor: '7ca78c08-252a-4471-8644-bb5ff32d4ba0'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  durableTaskDataContributor: '0ad04412-c4d5-4796-b79c-f76d14c8d402'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  cognitiveServicesOpenAiUser: '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: eventHubsName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: cosmosName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' existing = if (!empty(schedulerName)) {
  name: schedulerName
}

resource search 'Microsoft.Search/searchServices@2025-05-01' existing = if (!empty(searchName)) {
  name: searchName
}

resource openAi 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = if (!empty(openAiName)) {
  name: openAiName
}

resource ofStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in [role.storageBlobDataOwner, role.storageQueueDataContributor, role.storageTableDataContributor]: {
    scope: storage
    name: guid(storage.id, principalId, id)
    properties: {
      principalId: principalId
      principalType: person ? null : 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id)
    }
  }
]

resource ofEventHubs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in [role.eventHubsDataSender, role.eventHubsDataReceiver]: {
    scope: eventHubs
    name: guid(eventHubs.id, principalId, id)
    properties: {
      principalId: principalId
      principalType: person ? null : 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id)
    }
  }
]

// Cosmos DB has roles of its own for what is in it.
resource ofCosmos 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmos
  name: guid(cosmos.id, principalId, role.cosmosDataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${role.cosmosDataContributor}'
    scope: cosmos.id
  }
}

resource ofVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, person ? role.keyVaultSecretsOfficer : role.keyVaultSecretsUser)
  properties: {
    principalId: principalId
    principalType: person ? null : 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      person ? role.keyVaultSecretsOfficer : role.keyVaultSecretsUser
    )
  }
}

resource ofMonitoring 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, principalId, role.monitoringMetricsPublisher)
  properties: {
    principalId: principalId
    principalType: person ? null : 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.monitoringMetricsPublisher)
  }
}

resource ofScheduler 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(schedulerName)) {
  scope: scheduler
  name: guid(scheduler.id, principalId, role.durableTaskDataContributor)
  properties: {
    principalId: principalId
    principalType: person ? null : 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.durableTaskDataContributor)
  }
}

resource ofSearch 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in [role.searchIndexDataContributor, role.searchServiceContributor]: if (!empty(searchName)) {
    scope: search
    name: guid(search.id, principalId, id)
    properties: {
      principalId: principalId
      principalType: person ? null : 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id)
    }
  }
]

resource ofOpenAi 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(openAiName)) {
  scope: openAi
  name: guid(openAi.id, principalId, role.cognitiveServicesOpenAiUser)
  properties: {
    principalId: principalId
    principalType: person ? null : 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      role.cognitiveServicesOpenAiUser
    )
  }
}
