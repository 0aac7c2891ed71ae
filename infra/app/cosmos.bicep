// Account and database. The containers stand in cosmosContainers.bicep.

param name string
param location string
param tags object
param databaseName string

@allowed([
  'serverless'
  'autoscale'
])
param capacity string

@description('With autoscale: the most request units a second, shared by the containers; a multiple of 1,000. A tenth of it is always paid for.')
@minValue(1000)
param maximumThroughput int

@description('With autoscale: copies in several availability zones. Serverless accounts live in one.')
param zoneRedundant bool
param publicAccess bool

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    disableLocalAuth: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    // What one instance has written it reads; others see it within the refresh interval.
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
    }
    capabilities: capacity == 'serverless'
      ? [
          {
            name: 'EnableServerless'
          }
        ]
      : []
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: capacity == 'autoscale' && zoneRedundant
      }
    ]
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: 'Continuous7Days'
      }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: {
      id: databaseName
    }
    options: capacity == 'serverless'
      ? {}
      : {
          autoscaleSettings: {
            maxThroughput: maximumThroughput
          }
        }
  }
}

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
output databaseName string = database.name
