FROM node:26-slim AS deps
RUN npm install --global corepack@0.36 && corepack enable
WORKDIR /app
COPY package.json yarn.lock .yarnrc.yml ./
RUN yarn install --immutable && yarn workspaces focus --production

FROM gcr.io/distroless/nodejs26-debian13:nonroot
COPY --from=deps /app/node_modules /app/node_modules
COPY src /app/src
COPY package.json /app/
WORKDIR /app
CMD ["src/server.js"]
