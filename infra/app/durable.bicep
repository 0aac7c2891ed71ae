// Where wallets live: the scheduler keeps the state of every entity and hands it its messages.

param name string
param location string
param tags object
param taskHubName string

@allowed([
  'Consumption'
  'Dedicated'
])
param sku string

@description('With Dedicated: capacity units, 2,000 actions a second each.')
@minValue(1)
@maxValue(3)
param capacity int
param publicAccess bool

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // An empty list lets nobody in; who comes in has to be somebody all the same.
    ipAllowlist: [
      '0.0.0.0/0'
    ]
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    sku: sku == 'Dedicated'
      ? {
          name: 'Dedicated'
          capacity: capacity
        }
      : {
          name: 'Consumption'
        }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHubName
  properties: {}
}

output id string = scheduler.id
output name string = scheduler.name
output endpoint string = scheduler.properties.endpoint
