// Two Web Apps on one Linux plan: app_service, open to the world, and quantum_service, open to app_service alone.
// az deployment group create -g GROUP -f deploy/azure/main.bicep -p name=… databaseUrl=… (docs/deployment.md)

@description('Begins the names of everything; app_service answers at https://NAME.azurewebsites.net.')
@minLength(3)
@maxLength(40)
param name string

param location string = resourceGroup().location

@description('B1 is the smallest plan that is always on.')
param sku string = 'B1'

@description('postgresql://user:password@host/name?sslmode=require')
@secure()
param databaseUrl string

@description('Signs access tokens: at least 32 random characters.')
@secure()
param jwtSecret string

@description('app_service shows it to quantum_service: at least 32 random characters.')
@secure()
param quantumApiKey string

@secure()
param quantumOperatorKey string

@description('32 random bytes as base64url without padding. Without it the notary keys in the database are lost.')
@secure()
param quantumMasterKey string

@description('Further origins that may use the API from a browser, separated by commas.')
param allowedOrigins string = ''

var python = 'PYTHON|3.11'
var port = '8000'

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: '${name}-network'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.10.0.0/16'
      ]
    }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: '10.10.1.0/24'
          serviceEndpoints: [
            {
              service: 'Microsoft.Web'
            }
          ]
          delegations: [
            {
              name: 'apps'
              properties: {
                serviceName: 'Microsoft.Web/serverFarms'
              }
            }
          ]
        }
      }
    ]
  }
}

resource apps 'Microsoft.Network/virtualNetworks/subnets@2023-11-01' existing = {
  parent: network
  name: 'apps'
}

resource plan 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: '${name}-plan'
  location: location
  kind: 'linux'
  sku: {
    name: sku
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: name
  location: location
  kind: 'app,linux'
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // One instance needs no cookie that leads back to it.
    clientAffinityEnabled: false
    virtualNetworkSubnetId: apps.id
    siteConfig: {
      linuxFxVersion: python
      appCommandLine: 'sh deploy/serve.sh app_service'
      healthCheckPath: '/api/health'
      webSocketsEnabled: true
      alwaysOn: true
      // Sockets and wake-ups live in one process.
      numberOfWorkers: 1
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      appSettings: [
        { name: 'AZURE_ENV', value: 'production' }
        { name: 'HOST', value: '0.0.0.0' }
        { name: 'PORT', value: port }
        // Kept when the app is deployed anew, unlike its own folder: files that people send.
        { name: 'DATA_DIR', value: '/home/data' }
        { name: 'DATABASE_URL', value: databaseUrl }
        { name: 'JWT_SECRET', value: jwtSecret }
        { name: 'QUANTUM_API_KEY', value: quantumApiKey }
        { name: 'QUANTUM_API_URL', value: 'https://${quantum.properties.defaultHostName}' }
        { name: 'ALLOWED_ORIGINS', value: allowedOrigins }
        // The front ends of App Service, which end TLS, speak to the app from here.
        { name: 'FORWARDED_ALLOW_IPS', value: '169.254.0.0/16' }
        { name: 'SCM_DO_BUILD_DURING_DEPLOYMENT', value: 'true' }
      ]
    }
  }
}

resource quantum 'Microsoft.Web/sites@2023-12-01' = {
  name: '${name}-quantum'
  location: location
  kind: 'app,linux'
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      linuxFxVersion: python
      appCommandLine: 'sh deploy/serve.sh quantum_service'
      healthCheckPath: '/api/health'
      alwaysOn: true
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      ipSecurityRestrictionsDefaultAction: 'Deny'
      ipSecurityRestrictions: [
        {
          name: 'app_service'
          action: 'Allow'
          priority: 100
          vnetSubnetResourceId: apps.id
        }
      ]
      appSettings: [
        { name: 'AZURE_ENV', value: 'production' }
        { name: 'HOST', value: '0.0.0.0' }
        { name: 'PORT', value: port }
        { name: 'QUANTUM_PORT', value: port }
        { name: 'QUANTUM_API_KEY', value: quantumApiKey }
        { name: 'QUANTUM_OPERATOR_KEY', value: quantumOperatorKey }
        { name: 'QUANTUM_MASTER_KEY', value: quantumMasterKey }
        { name: 'SCM_DO_BUILD_DURING_DEPLOYMENT', value: 'true' }
      ]
    }
  }
}

output url string = 'https://${app.properties.defaultHostName}'
