// A way into the network for everything the gateway uses, for each part of it that is used.

param location string
param tags object
param namePrefix string
param networkId string
param subnetId string
param storageId string
param vaultId string
param cosmosId string
param eventHubsId string

@description('Empty: there is none, as of the next two.')
param schedulerId string
param searchId string
param openAiId string

var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var queueZone = 'privatelink.queue.${environment().suffixes.storage}'
var tableZone = 'privatelink.table.${environment().suffixes.storage}'
var links = [
  { targetId: storageId, part: 'blob', zone: blobZone }
  { targetId: storageId, part: 'queue', zone: queueZone }
  { targetId: storageId, part: 'table', zone: tableZone }
  { targetId: vaultId, part: 'vault', zone: 'privatelink.vaultcore.azure.net' }
  { targetId: cosmosId, part: 'Sql', zone: 'privatelink.documents.azure.com' }
  { targetId: eventHubsId, part: 'namespace', zone: 'privatelink.servicebus.windows.net' }
  { targetId: schedulerId, part: 'scheduler', zone: 'privatelink.durabletask.io' }
  { targetId: searchId, part: 'searchService', zone: 'privatelink.search.windows.net' }
  { targetId: openAiId, part: 'account', zone: 'privatelink.openai.azure.com' }
]

module endpoint 'privateEndpoint.bicep' = [
  for link in links: if (!empty(link.targetId)) {
    name: 'privateEndpoint-${link.part}'
    params: {
      name: '${namePrefix}${link.part}'
      location: location
      tags: tags
      networkId: networkId
      subnetId: subnetId
      targetId: link.targetId
      groupId: link.part
      zoneName: link.zone
    }
  }
]
