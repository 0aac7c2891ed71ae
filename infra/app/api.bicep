// The gateway: one Flex Consumption app. HTTP functions, wallets and the readers of events each scale by themselves.

param name string
param location string
param tags object
param planId string
param identityId string
param appSettings object
param deploymentContainerUrl string

@description('Empty: not in a network.')
param subnetId string

@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int

@description('Of each group. A wallet has no more than 200 leases, one for each instance that pays from it.')
@minValue(1)
@maxValue(200)
param maximumInstanceCount int

@description('Calls an instance has under way before another is started. A call mostly waits for its provider.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('Instances for HTTP that never stop; 0: the first call after a pause waits for one.')
@minValue(0)
param alwaysReadyHttp int

@description('Instances for wallets that never stop; 0: the first call after a pause gets 503, as no wallet answers in time.')
@minValue(0)
param alwaysReadyDurable int

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: planId
    httpsOnly: true
    clientAffinityEnabled: false
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(
          alwaysReadyHttp > 0
            ? [
                {
                  name: 'http'
                  instanceCount: alwaysReadyHttp
                }
              ]
            : [],
          alwaysReadyDurable > 0
            ? [
                {
                  name: 'durable'
                  instanceCount: alwaysReadyDurable
                }
              ]
            : []
        )
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: appSettings
  }

  // Deploying goes by identity too.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

output id string = site.id
output name string = site.name
output uri string = 'https://${site.properties.defaultHostName}'
