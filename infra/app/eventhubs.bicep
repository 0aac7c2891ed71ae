// Starts, settlements and wallet lines travel through `usage`; `audit` is for the audit trail.

param name string
param location string
param tags object

@description('Throughput units: each takes 1 MB/s or 1,000 events/s in, and gives 2 MB/s out.')
@minValue(1)
@maxValue(40)
param throughputUnits int

@description('Grows by itself up to so many throughput units; 0: does not grow.')
@minValue(0)
@maxValue(40)
param maximumThroughputUnits int

@description('Cannot be changed later on this tier. At most so many instances read at once.')
@minValue(1)
@maxValue(32)
param usagePartitions int

@description('How long an event can be read again, in hours.')
@minValue(1)
@maxValue(168)
param retentionHours int
param usageHub string
param auditHub string
param consumerGroup string
param publicAccess bool

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: throughputUnits
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    isAutoInflateEnabled: maximumThroughputUnits > throughputUnits
    maximumThroughputUnits: maximumThroughputUnits > throughputUnits ? maximumThroughputUnits : 0
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource usage 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: usageHub
  properties: {
    partitionCount: usagePartitions
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionHours
    }
  }
}

resource audit 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: auditHub
  properties: {
    partitionCount: 2
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionHours
    }
  }
}

resource analytics 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: usage
  name: consumerGroup
}

resource auditAnalytics 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: audit
  name: consumerGroup
}

output id string = namespace.id
output name string = namespace.name
output fullyQualifiedNamespace string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
